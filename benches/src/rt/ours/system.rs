//! evenkeel's children and files.

use std::io;
use std::path::Path;

use evenkeel::fs::File;
use evenkeel::process::Command;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::Evenkeel;
use crate::rt::system::{Files, Processes};

impl Processes for Evenkeel {
    async fn run_true() -> io::Result<bool> {
        Ok(Command::new("true").status().await?.success())
    }
}

impl Files for Evenkeel {
    type File = File;

    async fn open(path: &Path) -> io::Result<File> {
        File::open(path).await
    }

    async fn create(path: &Path) -> io::Result<File> {
        File::create(path).await
    }

    async fn read(file: &mut File, mut buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        (file.read(&mut buffer).await, buffer)
    }

    async fn write_all(
        file: &mut File,
        buffer: Vec<u8>,
        count: usize,
    ) -> (io::Result<()>, Vec<u8>) {
        (file.write_all(&buffer[..count]).await, buffer)
    }

    async fn flush(file: &mut File) -> io::Result<()> {
        file.flush().await
    }
}
