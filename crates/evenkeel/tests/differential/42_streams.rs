//! `TcpListener`, `TcpStream`: lines over a socket, a task for each connection.

use std::io::Result;

use evenkeel::create_task;
use evenkeel::net::{TcpListener, TcpStream};
use futures_lite::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::stage::run;

async fn serve(stream: TcpStream) -> Result<()> {
    let (mut reader, mut writer) = (BufReader::new(&stream), &stream);
    let mut line = String::new();
    while reader.read_line(&mut line).await? > 0 {
        let text = line.trim();
        println!("the server heard {text}");
        writer.write_all(format!("{}!\n", text.to_uppercase()).as_bytes()).await?;
        line.clear();
    }
    println!("the server heard the end");
    writer.close().await
}

pub(crate) fn main() {
    let closed: Result<()> = run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = create_task(async move {
            while let Ok((stream, _)) = listener.accept().await {
                create_task(serve(stream)).detach();
            }
        });
        let stream = TcpStream::connect(address).await?;
        let (mut reader, mut writer) = (BufReader::new(&stream), &stream);
        for word in ["ahoy", "steady", "as she goes"] {
            writer.write_all(format!("{word}\n").as_bytes()).await?;
            let mut answer = String::new();
            reader.read_line(&mut answer).await?;
            println!("the client got {}", answer.trim());
        }
        writer.close().await?;
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).await?;
        println!("the client got {} bytes more", rest.len());
        drop(server);
        Ok(())
    });
    closed.unwrap();
    println!("closed");
}
