//! Where counting begins and ends, in a way that each who counts can see.
//!
//! callgrind is told to dump what it has whenever [`crossing`] is entered; strace sees a file
//! opened that is not there, whose name says where we are; the counting build reads its own table.

use std::fs::File;

/// The operations between two marks.
pub(crate) struct Mark {
    name: &'static str,
    #[cfg(evenkeel_count)]
    before: crate::words::Before,
}

impl Mark {
    /// What is counted begins here.
    pub(crate) fn begin(name: &'static str) -> Mark {
        let _ = File::open(format!("counts:begin:{name}"));
        crossing();
        Mark {
            name,
            #[cfg(evenkeel_count)]
            before: crate::words::Before::now(),
        }
    }

    /// It ends here.
    pub(crate) fn end(self) {
        #[cfg(evenkeel_count)]
        self.before.tell(self.name);
        crossing();
        let _ = File::open(format!("counts:end:{}", self.name));
    }
}

#[inline(never)]
fn crossing() {
    std::hint::black_box(());
}
