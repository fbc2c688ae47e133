//! The page of the run made by hand.

use super::*;
use crate::bench::specimen;

#[test]
fn the_page() {
    let text = page(&specimen::run());
    for line in [
        "## Where evenkeel is behind",
        "| case | asyncio | threads | evenkeel | tokio | smol | limit | verdict |",
        "| `memory/task` | create_task | 1 | 128 B | 2.5",
        "| SLOWER than tokio; = smol |",
        "**above 1 evenkeel is ahead**",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(page(&specimen::noisy()).contains("the control failed"));
}
