//! smol's children and files: async-process and async-fs.

use std::io;
use std::path::Path;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use smol::fs::File;
use smol::process::Command;

use super::{Exec, Smol};
use crate::rt::system::{Files, Processes};

impl<E: Exec> Processes for Smol<E> {
    async fn run_true() -> io::Result<bool> {
        Ok(Command::new("true").status().await?.success())
    }
}

impl<E: Exec> Files for Smol<E> {
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
