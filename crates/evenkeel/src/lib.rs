//! asyncio for Rust: one loop that runs tasks, fires timers and hears the kernel.
