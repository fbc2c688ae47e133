//! Our own words: what they are called, whose they are, and what was done to them.
//!
//! A word is known by where it was made; its name is the file and the field there, so it does not
//! change with the line. Whose it is stands in `benches/counts/words.txt`, and a word that is not
//! there is a fault: nobody adds a word that all cores share without saying so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::row::Acts;
use crate::workspace::Workspace;

/// Where it stands whose the words are.
const LIST: &str = "benches/counts/words.txt";

/// Whose a word is: who writes to it when every core is busy with work of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// One a process or a runner: all workers.
    All,
    /// One a worker: that worker, and others only when they steal from it or wake it.
    Worker,
    /// One a task: who spawns it, runs it, wakes it or joins it.
    Task,
    /// One a lock, channel, socket, timer shard or pool: who uses that.
    Object,
    /// Nobody else ever sees it.
    Own,
}

impl Whose {
    pub(super) const ALL: [Whose; 5] =
        [Whose::All, Whose::Worker, Whose::Task, Whose::Object, Whose::Own];

    pub(super) fn name(self) -> &'static str {
        match self {
            Whose::All => "all",
            Whose::Worker => "worker",
            Whose::Task => "task",
            Whose::Object => "object",
            Whose::Own => "own",
        }
    }
}

/// What is known of words.
#[derive(Debug, Default)]
pub(super) struct Names {
    root: std::path::PathBuf,
    whose: BTreeMap<String, Whose>,
    sources: HashMap<String, Vec<String>>,
    unknown: BTreeSet<String>,
}

impl Names {
    pub(super) fn read(workspace: &Workspace) -> Result<Names, String> {
        let path = workspace.root.join(LIST);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let mut whose = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let mut fields = line.split_whitespace();
            let (name, one) =
                (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            let found = Whose::ALL.into_iter().find(|whose| whose.name() == one);
            let found = found.ok_or_else(|| format!("{LIST}: whose is `{line}`?"))?;
            whose.insert(name.to_string(), found);
        }
        let root = workspace.root.clone();
        Ok(Names { root, whose, sources: HashMap::new(), unknown: BTreeSet::new() })
    }

    pub(super) fn whose(&self, name: &str) -> Whose {
        self.whose.get(name).copied().unwrap_or(Whose::All)
    }

    /// Words that the list does not have.
    pub(super) fn unknown(&self) -> Vec<String> {
        let line = |name: &String| format!("{name} is not in {LIST}: whose is it?");
        self.unknown.iter().map(line).collect()
    }

    /// `crates/task/src/idle.rs:51:22` is `task/idle.word`, if that is the field made there.
    fn name(&mut self, place: &str) -> String {
        let mut parts = place.rsplitn(3, ':');
        let mut number = || parts.next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
        let (column, line) = (number(), number());
        let file = parts.next().unwrap_or(place);
        let root = &self.root;
        let lines = self.sources.entry(file.into()).or_insert_with(|| {
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            text.lines().map(String::from).collect()
        });
        let text = lines.get(line - 1).map_or("", |text| text.get(..column - 1).unwrap_or(text));
        let module =
            file.trim_start_matches("crates/").trim_end_matches(".rs").replacen("/src/", "/", 1);
        let name = match field(text) {
            Some(field) => format!("{module}.{field}"),
            None => module,
        };
        if !self.whose.contains_key(&name) {
            self.unknown.insert(name.clone());
        }
        name
    }
}

/// The field, static or variable that what follows `text` is put into.
pub(super) fn field(text: &str) -> Option<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    for keyword in ["static ", "let "] {
        if let Some((_, named)) = text.rsplit_once(keyword) {
            return Some(word(named)).filter(|name| !name.is_empty());
        }
    }
    // The last colon that is not half of a `::`.
    let bytes = text.as_bytes();
    let single = |&(at, _): &(usize, char)| {
        bytes.get(at + 1) != Some(&b':') && (at == 0 || bytes[at - 1] != b':')
    };
    let (at, _) = text.char_indices().filter(|(_, c)| *c == ':').rfind(single)?;
    let back: String = text[..at].chars().rev().collect();
    let name: String = word(&back).chars().rev().collect();
    Some(name).filter(|name| !name.is_empty())
}

/// What one operation did, all its times together.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) allocations: f64,
    pub(super) words: BTreeMap<String, Acts>,
}

impl Seen {
    /// By so many operations. What is less than once in two hundred is not told.
    pub(super) fn divide(&mut self, times: f64) {
        self.allocations /= times;
        for acts in self.words.values_mut() {
            acts.changes /= times;
            acts.locks /= times;
            acts.stores /= times;
        }
        self.words.retain(|_, acts| acts.changes + acts.locks + acts.stores >= 0.005);
    }
}

/// All read-modify-writes of our words.
pub(super) fn locked(words: &BTreeMap<String, Acts>) -> f64 {
    words.values().map(Acts::locked).sum()
}

/// What the counting build has printed, by operation.
pub(super) fn read(said: &str, names: &mut Names) -> Result<BTreeMap<String, Seen>, String> {
    let mut all = BTreeMap::new();
    for line in said.lines().filter(|line| line.starts_with('{')) {
        let json: Value =
            serde_json::from_str(line).map_err(|error| format!("no JSON: {error}: {line}"))?;
        let mut seen =
            Seen { allocations: json["allocations"].as_f64().unwrap_or(0.0), ..Seen::default() };
        for one in json["uses"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let times = one["times"].as_f64().unwrap_or(0.0);
            let act = one["act"].as_str().unwrap_or_default();
            if act == "load" {
                continue;
            }
            let place = one["word"].as_str().unwrap_or_default();
            let name = if act == "fence" { "fence".into() } else { names.name(place) };
            let acts = seen.words.entry(name).or_default();
            match act {
                "store" => acts.stores += times,
                "lock" => acts.locks += times,
                _ => acts.changes += times,
            }
        }
        all.insert(json["op"].as_str().unwrap_or_default().to_string(), seen);
    }
    Ok(all)
}
