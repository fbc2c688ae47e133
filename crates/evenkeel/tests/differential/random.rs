//! Random programs, run on asyncio by `interpret.py` and on evenkeel here; they must say the same.
//!
//! A program is six tasks, of which main begins three; each is a row of steps. What is left when all wait
//! for ever is not compared, since asyncio cancels it in no certain order. Durations are so large that no two
//! deadlines are the same, since asyncio serves those in no certain order.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use evenkeel::sync::{OwnedGuard, OwnedPermit};
use evenkeel::{
    Canceller, Ended, Event, Lock, Semaphore, Task, call_later, call_soon, create_task, current,
    sleep, timeout, yield_now,
};

use crate::stage::{finally, ms, run, secs};
use crate::{python, script, stage};

/// Enough that each step has met each other one in most of the ways it can; a second in all.
/// `EVENKEEL_PROGRAMS` is another number, for a long run.
const PROGRAMS: u64 = 400;

/// Of the first 6000, those in which what is handed to a cancelled waiter goes on to the next a turn later
/// than in asyncio (`62_cancelled_in_line.py`): the same lines, two of them in another place.
const BY_A_TURN: &[u64] = &[2503];

/// One for each number there is: splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

type Steps = Vec<String>;

fn program(seed: u64) -> Vec<Steps> {
    let mut dice = Dice(seed);
    (0..6).map(|_| (0..3 + dice.below(8)).map(|_| step(&mut dice)).collect()).collect()
}

fn step(dice: &mut Dice) -> String {
    let waits = |dice: &mut Dice| {
        let which = dice.below(3);
        match dice.below(4) {
            0 => format!("lock {which}"),
            1 => format!("acquire {which}"),
            2 => format!("wait {which}"),
            _ => format!("sleep {}", 1 + dice.below(10_000_000)),
        }
    };
    let which = dice.below(3);
    match dice.below(19) {
        0..=4 => waits(dice),
        5 => format!("timed {} {}", 1 + dice.below(10_000_000), waits(dice)),
        6 | 7 => format!("yield {}", 1 + dice.below(3)),
        8 | 9 => format!("unlock {which}"),
        10 => format!("release {which}"),
        11 => format!("add {which}"),
        12 => format!("set {which}"),
        13 => format!("clear {which}"),
        14 => format!("spawn {}", 3 + dice.below(3)),
        15 => format!("watch {}", dice.below(6)),
        16 => format!("soon {}", dice.below(100)),
        17 => format!("later {}", 1 + dice.below(10_000_000)),
        _ => format!("cancel {}", dice.below(6)),
    }
}

struct World {
    steps: Vec<Steps>,
    locks: [Arc<Lock<()>>; 3],
    semaphores: [Arc<Semaphore>; 3],
    events: [Event; 3],
    tasks: Mutex<HashMap<usize, Canceller>>,
    handles: Mutex<HashMap<usize, Task<()>>>,
}

/// Let go in the order in which they were taken.
#[derive(Default)]
struct Held(Vec<(&'static str, usize, Hold)>);

#[allow(dead_code, reason = "held until they are dropped")]
enum Hold {
    Lock(OwnedGuard<()>),
    Permit(OwnedPermit),
}

impl Held {
    fn has(&self, what: &str, which: usize) -> bool {
        self.0.iter().any(|(kind, index, _)| (*kind, *index) == (what, which))
    }

    fn drop_one(&mut self, what: &str, which: usize) -> &'static str {
        match self.0.iter().position(|(kind, index, _)| (*kind, *index) == (what, which)) {
            Some(at) => drop(self.0.remove(at)),
            None => return "has it not",
        }
        "ok"
    }
}

impl World {
    fn spawn(self: &Arc<World>, number: usize) {
        if self.tasks.lock().unwrap().contains_key(&number) {
            return;
        }
        let task = create_task(Arc::clone(self).task(number));
        self.tasks.lock().unwrap().insert(number, task.canceller());
        self.handles.lock().unwrap().insert(number, task);
    }

    async fn task(self: Arc<World>, number: usize) {
        let _gone = finally(|| println!("{number} is gone"));
        let mut held = Held::default();
        for text in &self.steps[number] {
            let words: Vec<_> = text.split(' ').collect();
            let how = self.step(&words, &mut held).await;
            println!("{number} {text} -> {how}");
        }
    }

    fn step<'a>(
        self: &'a Arc<World>,
        words: &'a [&'a str],
        held: &'a mut Held,
    ) -> Pin<Box<dyn Future<Output = &'static str> + Send + 'a>> {
        Box::pin(async move {
            let argument: usize = words[1].parse().unwrap();
            match words[0] {
                "timed" => {
                    let inner = self.step(&words[2..], held);
                    return timeout(ms(argument as u64), inner).await.unwrap_or("late");
                }
                "yield" => {
                    for _ in 0..argument {
                        yield_now().await;
                    }
                }
                "sleep" => sleep(ms(argument as u64)).await,
                what @ ("lock" | "acquire") if held.has(what, argument) => return "has it",
                "lock" => {
                    let guard = self.locks[argument].lock_owned().await;
                    held.0.push(("lock", argument, Hold::Lock(guard)));
                }
                "acquire" => {
                    let permit = self.semaphores[argument].acquire_owned().await;
                    held.0.push(("acquire", argument, Hold::Permit(permit)));
                }
                "unlock" => return held.drop_one("lock", argument),
                "release" => return held.drop_one("acquire", argument),
                "add" => self.semaphores[argument].add_permits(1),
                "set" => self.events[argument].set(),
                "clear" => self.events[argument].clear(),
                "wait" => self.events[argument].wait().await,
                "soon" => drop(call_soon(move || println!("called {argument}"))),
                "later" => {
                    let call = move || println!("called {argument}");
                    drop(call_later(ms(argument as u64), call));
                }
                "watch" => {
                    let me = words[1].to_owned();
                    if let Some(task) = self.handles.lock().unwrap().get(&argument) {
                        task.add_done_callback(move |ended| {
                            let how = if ended == Ended::Cancelled { "cancelled" } else { "done" };
                            println!("{me} has ended: {how}");
                        });
                    }
                }
                "spawn" => self.spawn(argument),
                "cancel" => {
                    let task = self.tasks.lock().unwrap().get(&argument).cloned();
                    if task.as_ref().map(Canceller::id) == current().map(|task| task.id()) {
                        return "not me";
                    }
                    return match task.map(|task| task.cancel()) {
                        None => "ok",
                        Some(true) => "yes",
                        Some(false) => "no",
                    };
                }
                other => panic!("no step is called {other}"),
            }
            "ok"
        })
    }
}

async fn main(seed: u64) {
    let world = Arc::new(World {
        steps: program(seed),
        locks: [(); 3].map(|()| Arc::new(Lock::new(()))),
        semaphores: [0, 1, 2].map(|permits| Arc::new(Semaphore::new(permits))),
        events: [(); 3].map(|()| Event::new()),
        tasks: Mutex::default(),
        handles: Mutex::default(),
    });
    for number in 0..3 {
        world.spawn(number);
    }
    sleep(secs(1_000_000)).await;
    println!("-");
}

/// What a program is, for those who run it and those who look for what went wrong: a line for each task.
fn text_of(seed: u64) -> String {
    let mut text = String::new();
    for (number, steps) in program(seed).iter().enumerate() {
        writeln!(text, "{seed} {number} {}", steps.join("; ")).unwrap();
    }
    text
}

#[test]
fn random_programs_say_the_same() {
    let count = std::env::var("EVENKEEL_PROGRAMS");
    let count = count.map_or(PROGRAMS, |count| count.parse().unwrap());
    let programs: String = (0..count).map(text_of).collect();
    let interpreter = script::folder().join("interpret.py");
    let Some(said) = python::interpret(&interpreter, programs) else { return };
    let mut scripts = said.split(|line| line == "-");
    for seed in 0..count {
        let twin = stage::watch(move || run(main(seed)));
        let mut script = scripts.next().unwrap().to_vec();
        let mut twin = twin.split(|line| line == "-").next().unwrap().to_vec();
        if BY_A_TURN.contains(&seed) {
            script.sort();
            twin.sort();
        }
        let (program, script, twin) = (text_of(seed), script.join("\n"), twin.join("\n"));
        assert!(script == twin, "{program}\nasyncio:\n{script}\n\nevenkeel:\n{twin}\n");
    }
}
