//! A reactor turns the kernel's news about descriptors into wakers.
