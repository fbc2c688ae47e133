//! A small Redis: its protocol over TCP, a shared table, keys that end; one file.
//!
//! Without an argument it plays its own clients and ends. With a port (0: any) it serves until Ctrl-C, and
//! `redis-cli -p PORT` or `redis-benchmark -p PORT -t set,get,incr,ping -P 16 -q` may talk to it.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use evenkeel::io::{StreamReader, StreamWriter};
use evenkeel::net::{OwnedReadHalf, ServeOptions, Server, ServerHandle, TcpListener, TcpStream};
use evenkeel::signal::asked_to_end;
use evenkeel::{create_task, now, race};

/// What a command may hold; more is an error and not memory.
const LONGEST: usize = 1024 * 1024;
const MOST: usize = 1024;

type Reader = StreamReader<OwnedReadHalf<TcpStream>>;
type Bytes = Vec<u8>;

#[derive(Default)]
struct Table(Mutex<HashMap<Bytes, (Bytes, Option<Instant>)>>);

impl Table {
    /// A lock of std's: it is never held across an await, and for some nanoseconds.
    fn with<R>(&self, key: &[u8], look: impl FnOnce(Option<&(Bytes, Option<Instant>)>) -> R) -> R {
        let mut table = self.0.lock().unwrap();
        if table.get(key).is_some_and(|(_, ends)| ends.is_some_and(|ends| ends <= now())) {
            table.remove(key);
        }
        look(table.get(key))
    }

    fn set(&self, key: Bytes, value: Bytes, ends: Option<Instant>) {
        self.0.lock().unwrap().insert(key, (value, ends));
    }
}

/// `*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n`, or words on a line; `None` at the end.
async fn command(reader: &mut Reader) -> io::Result<Option<Vec<Bytes>>> {
    let line = reader.readline().await?;
    let Some(head) = line.strip_suffix(b"\n") else { return Ok(None) };
    let Some(count) = head.strip_prefix(b"*") else {
        return Ok(Some(
            head.split(u8::is_ascii_whitespace)
                .filter(|w| !w.is_empty())
                .map(Bytes::from)
                .collect(),
        ));
    };
    let mut words = Vec::new();
    for _ in 0..number(count, MOST)? {
        let line = reader.readline().await?;
        let length = line.strip_prefix(b"$").ok_or_else(|| malformed("a string wants a $"))?;
        let mut word = reader.readexactly(number(length, LONGEST)? + 2).await?;
        word.truncate(word.len() - 2);
        words.push(word);
    }
    Ok(Some(words))
}

fn number(text: &[u8], most: usize) -> io::Result<usize> {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
    number.filter(|n| *n <= most).ok_or_else(|| malformed("invalid length"))
}

fn malformed(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// What a command answers, in the protocol's own form.
fn answer(table: &Table, words: Vec<Bytes>, out: &mut Bytes) {
    let name = words.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let mut words = words.into_iter().skip(1);
    let mut word = || words.next().unwrap_or_default();
    match &*name {
        b"PING" => simple(out, "PONG"),
        b"GET" => table.with(&word(), |found| bulk(out, found.map(|(value, _)| &**value))),
        b"SET" => {
            let (key, value, unit, time) = (word(), word(), word(), word());
            let time = number(&time, usize::MAX).unwrap_or(0) as u64;
            let lasts = match &*unit.to_ascii_uppercase() {
                b"EX" => Some(Duration::from_secs(time)),
                b"PX" => Some(Duration::from_millis(time)),
                _ => None,
            };
            table.set(key, value, lasts.map(|lasts| now() + lasts));
            simple(out, "OK");
        }
        b"INCR" => {
            let key = word();
            let found = table.with(&key, |found| {
                let text = found.map_or(&b"0"[..], |(value, _)| value);
                std::str::from_utf8(text).ok()?.parse::<i64>().ok()
            });
            match found {
                Some(n) => {
                    table.set(key, (n + 1).to_string().into(), None);
                    out.extend(format!(":{}\r\n", n + 1).bytes());
                }
                None => out.extend(b"-ERR value is not an integer or out of range\r\n"),
            }
        }
        b"DEL" => {
            let gone = table.0.lock().unwrap().remove(&word()).is_some();
            out.extend(format!(":{}\r\n", u8::from(gone)).bytes());
        }
        // What `redis-benchmark` asks when it comes: `CONFIG GET save`. There is no such setting.
        b"CONFIG" => {
            let (_, setting) = (word(), word());
            out.extend(b"*2\r\n");
            bulk(out, Some(&setting));
            bulk(out, Some(b""));
        }
        // And `redis-cli`.
        b"COMMAND" => out.extend(b"*0\r\n"),
        _ => out.extend(b"-ERR unknown command\r\n"),
    }
}

fn simple(out: &mut Bytes, text: &str) {
    out.extend(format!("+{text}\r\n").bytes());
}

fn bulk(out: &mut Bytes, value: Option<&[u8]>) {
    let Some(value) = value else { return out.extend(b"$-1\r\n") };
    out.extend(format!("${}\r\n", value.len()).bytes());
    out.extend(value);
    out.extend(b"\r\n");
}

/// Commands of one client, until it goes or the server is stopped. Those that came in one piece are answered
/// in one.
async fn client(stream: TcpStream, server: ServerHandle, table: Arc<Table>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reads, writes) = stream.into_split();
    let (mut reader, mut writer) = (StreamReader::new(reads), StreamWriter::new(writes));
    let mut out = Bytes::new();
    loop {
        let words = race! {
            words = command(&mut reader) => words,
            () = server.stopping() => Ok(None),
        };
        match words {
            Ok(Some(words)) if words.is_empty() => continue,
            Ok(Some(words)) => answer(&table, words, &mut out),
            Ok(None) => return writer.wait_closed().await,
            Err(error) => {
                // The client is told, and shown out.
                out.extend(format!("-ERR Protocol error: {error}\r\n").bytes());
                writer.write(&out);
                return writer.wait_closed().await;
            }
        }
        writer.write(&out);
        out.clear();
        if reader.buffered().is_empty() {
            writer.drain().await?;
        }
    }
}

async fn ask(
    reader: &mut Reader,
    writer: &mut StreamWriter<impl evenkeel::io::AsyncWrite + Unpin>,
    line: &str,
) -> io::Result<String> {
    writer.write(format!("{line}\r\n").as_bytes());
    writer.drain().await?;
    let mut heard = reader.readline().await?;
    if heard.starts_with(b"$") && heard != b"$-1\r\n" {
        heard = reader.readline().await?;
    }
    Ok(String::from_utf8_lossy(&heard).trim_end().to_owned())
}

/// What the example checks by itself.
async fn play(address: SocketAddr) -> io::Result<()> {
    let (mut reader, mut writer) = evenkeel::io::open_connection(address).await?;
    let asked = [
        ("PING", "+PONG"),
        ("GET ship", "$-1"),
        ("SET ship evenkeel", "+OK"),
        ("GET ship", "evenkeel"),
        ("INCR ship", "-ERR value is not an integer or out of range"),
        ("INCR count", ":1"),
        ("INCR count", ":2"),
        ("DEL count", ":1"),
        ("SET short lived PX 1", "+OK"),
        ("SINK ship", "-ERR unknown command"),
    ];
    for (line, wanted) in asked {
        assert_eq!(ask(&mut reader, &mut writer, line).await?, wanted, "{line}");
    }
    evenkeel::sleep(Duration::from_millis(2)).await;
    assert_eq!(ask(&mut reader, &mut writer, "GET short").await?, "$-1");

    // A thousand in one piece, as a client with a pipeline sends them, in the protocol's own form.
    writer.writelines(["*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"; 1000]);
    writer.drain().await?;
    for n in 1..=1000 {
        assert_eq!(reader.readline().await?, format!(":{n}\r\n").as_bytes());
    }
    println!("a thousand commands in one piece");

    // One who talks nonsense is told so, alone.
    let (mut bad, mut says) = evenkeel::io::open_connection(address).await?;
    let heard = ask(&mut bad, &mut says, "*99999999999").await?;
    assert_eq!(heard, "-ERR Protocol error: invalid length");
    assert_eq!(bad.readline().await?, b"");
    assert_eq!(ask(&mut reader, &mut writer, "PING").await?, "+PONG");
    Ok(())
}

fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).map(|port| port.parse::<u16>().map_err(io::Error::other));
    let port = port.transpose()?;
    evenkeel::run(async move {
        let asked = asked_to_end(); // From here on Ctrl-C and SIGTERM are heard.
        let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await?;
        let address = listener.local_addr()?;
        println!("listening on {address}");
        let server = Server::new(listener, ServeOptions::default());
        let handle = server.handle();
        let table = Arc::new(Table::default());
        let server = create_task(server.run(move |connection| {
            client(connection.stream, connection.server, Arc::clone(&table))
        }));
        match port {
            None => play(address).await?,
            Some(_) => println!("ending, for {}", asked.await?),
        }
        handle.stop();
        let done = server.await?;
        println!("{done:?}");
        assert_eq!(done.failed, 0);
        Ok(())
    })
}
