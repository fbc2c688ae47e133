//! WebSocket: async-tungstenite on evenkeel's own streams, a server and its clients.

use async_tungstenite::tungstenite::Message;
use async_tungstenite::{accept_async, client_async};
use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{create_task, gather};
use evenkeel_ecosystem::Done;
use futures_lite::StreamExt;

/// Says everything back, until the client closes.
async fn serve(stream: TcpStream) -> async_tungstenite::tungstenite::Result<usize> {
    let mut socket = accept_async(stream).await?;
    let mut count = 0;
    while let Some(message) = socket.next().await {
        match message? {
            message @ (Message::Text(_) | Message::Binary(_)) => {
                count += 1;
                socket.send(message).await?;
            }
            Message::Close(_) => break,
            _ => {}
        }
    }
    Ok(count)
}

fn main() -> Done {
    evenkeel::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let clients = 10;
        let server = create_task(async move {
            let mut served = Vec::new();
            for _ in 0..clients {
                let (stream, _) = listener.accept().await?;
                served.push(create_task(serve(stream)));
            }
            let counts = gather(served).await.into_iter().collect::<Result<Vec<_>, _>>();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(counts?.into_iter().sum::<usize>())
        });

        let talk = (0..clients).map(|n| async move {
            let stream = TcpStream::connect(address).await?;
            let (mut socket, response) = client_async("ws://localhost/", stream).await?;
            assert_eq!(response.status(), 101);
            for size in [0, 5, 70_000] {
                let message = Message::binary(vec![n as u8; size]);
                socket.send(message.clone()).await?;
                assert_eq!(socket.next().await.ok_or("it ended")??, message);
            }
            socket.send(Message::text("ahoy")).await?;
            let heard = socket.next().await.ok_or("it ended")??.into_text()?;
            assert_eq!(heard.as_str(), "ahoy");
            socket.close(None).await?;
            Done::Ok(())
        });
        gather(talk).await.into_iter().collect::<Result<Vec<()>, _>>()?;
        let count = server.await?;
        println!("{clients} clients, {count} messages there and back");
        assert_eq!(count, 4 * clients);
        Ok(())
    })
}
