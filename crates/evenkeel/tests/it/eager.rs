//! Eager tasks on a running loop: from main, from tasks, on one worker and on two.

use std::future::Future;
use std::pin::Pin;

use evenkeel::{
    Builder, Task, all_tasks, create_eager_task, create_task, current, gather, oneshot, sleep,
    task_local, yield_now,
};

use crate::loops::{on_one, on_one_and_two, secs};

task_local! {
    static WHO: &'static str = "nobody";
}

#[test]
fn crt_22_done_at_return_and_a_cancel_has_no_effect() {
    on_one_and_two(|| async {
        let mut task = create_eager_task(async { 7 });
        assert!(task.is_finished() && !task.cancel());
        assert_eq!(task.try_take().unwrap().unwrap(), 7);
        // From a task, too.
        let from_task = create_task(async { create_eager_task(async { 8 }).is_finished() });
        assert!(from_task.await);
    });
}

fn tree(depth: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        if depth == 0 {
            return 1;
        }
        let children: Vec<Task<usize>> =
            (0..5).map(|_| create_eager_task(tree(depth - 1))).collect();
        assert!(children.iter().all(Task::is_finished));
        1 + gather(children).await.into_iter().sum::<usize>()
    })
}

#[test]
fn crt_22_seven_hundred_and_eighty_one_tasks_without_a_turn_of_the_loop() {
    on_one_and_two(|| async {
        let mut root = create_eager_task(tree(4));
        assert_eq!(root.try_take().unwrap().unwrap(), 781);
        assert_eq!(all_tasks().len(), 1, "main alone is left");
    });
}

#[test]
fn crt_23_current_is_the_child_and_then_the_parent() {
    on_one_and_two(|| async {
        WHO.set("parent");
        let me = current().unwrap().id();
        let child = create_eager_task(async {
            let first = current().unwrap().id();
            WHO.set("child");
            sleep(secs(1)).await;
            (first, current().unwrap().id(), WHO.get())
        });
        assert_eq!((current().unwrap().id(), WHO.get()), (me, "parent"));
        let id = child.id();
        assert_eq!(child.await, (id, id, "child"));
    });
}

#[test]
fn an_eager_task_begins_before_those_created_earlier() {
    let order = on_one(|| async {
        let (sender, receiver) = oneshot();
        let order = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let say = |word| {
            let order = std::rc::Rc::clone(&order);
            async move {
                order.borrow_mut().push(word);
                yield_now().await;
                order.borrow_mut().push(word);
            }
        };
        let first = evenkeel::create_local_task(say("queued"));
        let second = Builder::new().eager(true).create_local_task(say("eager"));
        order.borrow_mut().push("main");
        sender.send(()).unwrap();
        receiver.await.unwrap();
        gather((first, second)).await;
        order.borrow().join(" ")
    });
    // The eager one has yielded once and stands behind the other.
    assert_eq!(order, "eager main queued eager queued");
}
