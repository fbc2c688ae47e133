//! What each client is made to say, and what it must hear.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::Server;
use crate::step::{Failure, Line, Log};

type Done = Result<String, Failure>;

pub(super) struct Talk {
    pub(super) title: &'static str,
    /// What must be there.
    pub(super) program: &'static str,
    pub(super) body: fn(&Server, &Log) -> Done,
}

pub(super) const TALKS: &[Talk] = &[
    Talk { title: "curl-1.1", program: "curl", body: |server, log| curl(server, log, "--http1.1") },
    Talk {
        title: "curl-2",
        program: "curl",
        body: |server, log| curl(server, log, "--http2-prior-knowledge"),
    },
    Talk { title: "curl-tls", program: "curl", body: curl_tls },
    Talk { title: "curl-large", program: "curl", body: curl_large },
    Talk { title: "openssl", program: "openssl", body: openssl },
    Talk { title: "wrk", program: "wrk", body: wrk },
    Talk { title: "h2load", program: "h2load", body: h2load },
    Talk { title: "nginx", program: "nginx", body: nginx },
    Talk { title: "asyncio", program: "python3", body: asyncio },
];

/// One request by hand, over a connection of its own.
pub(super) fn ask(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
    let mut heard = String::new();
    stream.read_to_string(&mut heard)?;
    let body = heard.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    body.ok_or_else(|| std::io::Error::other(format!("no response: {heard}")))
}

/// The words must be among what it said.
fn heard(said: &str, words: &[&str], repeat: &str) -> Done {
    match words.iter().find(|word| !said.contains(**word)) {
        None => Ok(String::new()),
        Some(word) => {
            let output = format!("{said}\n[no `{word}` in it]");
            Err(Failure { repeat: repeat.into(), output })
        }
    }
}

fn curl(server: &Server, log: &Log, version: &str) -> Done {
    let url = format!("http://127.0.0.1:{}/", server.plain);
    let form = "version %{http_version} status %{http_code}\\n".to_owned();
    let mut args =
        ["-sS", version, "-w", &form, "-d", "back again", &url].map(String::from).to_vec();
    if version == "--http1.1" {
        // Another, over the first's connection. Not in HTTP/2: curl 7.88 fails there with `Error in the HTTP2
        // framing layer`, while the server sees no error.
        args.push(url);
    }
    let line = Line::new("curl", &server.folder, super::LIMIT).args(args);
    let said = line.run(log, &line.to_string())?;
    let version = if version == "--http1.1" { "version 1.1" } else { "version 2" };
    heard(&said, &["back again", version, "status 200"], &line.to_string())
}

fn curl_tls(server: &Server, log: &Log) -> Done {
    let url = format!("https://localhost:{}/", server.secret);
    for (flag, version) in [("--http2", "version 2"), ("--http1.1", "version 1.1")] {
        let args = ["-sSk", flag, "-w", "version %{http_version}\\n", &url].map(String::from);
        let line = server.line("curl", args);
        let said = line.run(log, &line.to_string())?;
        heard(&said, &["ahoy", version], &line.to_string())?;
    }
    Ok("HTTP/2 and HTTP/1.1, by ALPN".into())
}

/// 50 MB down, and a file of 20 MB there and back.
fn curl_large(server: &Server, log: &Log) -> Done {
    let form = "down %{size_download} up %{size_upload}\\n";
    let url = format!("http://127.0.0.1:{}", server.plain);
    let file = server.folder.join("large");
    let fail =
        |error: std::io::Error| Failure { repeat: "large".into(), output: error.to_string() };
    std::fs::write(&file, vec![7; 20_000_000]).map_err(fail)?;
    let body = format!("@{}", file.display());
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let url = format!("{url}/size/50000000");
        let args = ["-sS", version, "-o", "heard", "-w", form, &url].map(String::from);
        let line = server.line("curl", args);
        let said = line.run(log, &line.to_string())?;
        heard(&said, &["down 50000000"], &line.to_string())?;
        let args = [
            "-sS",
            version,
            "--data-binary",
            &body,
            "-o",
            "heard",
            "-w",
            form,
            &url.replace("/size/50000000", "/echo"),
        ]
        .map(String::from);
        let line = server.line("curl", args);
        let said = line.run(log, &line.to_string())?;
        heard(&said, &["down 20000000 up 20000000"], &line.to_string())?;
    }
    Ok("50 MB down, 20 MB there and back, in both versions".into())
}

fn openssl(server: &Server, log: &Log) -> Done {
    let script = format!(
        "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect 127.0.0.1:{} 2>&1",
        server.secret
    );
    let line = server.line("sh", ["-c".into(), script]);
    let said = line.run(log, &line.to_string())?;
    heard(&said, &["HTTP/1.0 200", "ahoy"], &line.to_string())
}

fn wrk(server: &Server, log: &Log) -> Done {
    let url = format!("http://127.0.0.1:{}/", server.plain);
    let line = server.line("wrk", ["-t2", "-c100", "-d3s", &url].map(String::from));
    let said = line.run(log, &line.to_string())?;
    if said.contains("Socket errors") || said.contains("Non-2xx") {
        return Err(Failure { repeat: line.to_string(), output: said });
    }
    heard(&said, &["Requests/sec"], &line.to_string())?;
    Ok(said.lines().find(|line| line.starts_with("Requests/sec")).unwrap_or_default().into())
}

fn h2load(server: &Server, log: &Log) -> Done {
    let plain = format!("http://127.0.0.1:{}/", server.plain);
    let secret = format!("https://127.0.0.1:{}/", server.secret);
    for url in [plain, secret] {
        let args = ["-n20000", "-c20", "-m10", &url].map(String::from);
        let line = server.line("h2load", args);
        let said = line.run(log, &line.to_string())?;
        heard(&said, &["20000 succeeded, 0 failed, 0 errored"], &line.to_string())?;
    }
    Ok("2 x 20 000 requests, ten at a time on each of twenty connections".into())
}

/// In front, as a reverse proxy that keeps connections to us.
fn nginx(server: &Server, log: &Log) -> Done {
    let fail =
        |error: std::io::Error| Failure { repeat: "nginx".into(), output: error.to_string() };
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let port = free.map_err(fail)?.port();
    let conf = format!(
        "daemon off; pid nginx.pid; error_log stderr warn;\nevents {{}}\nhttp {{\n access_log off;\n \
         upstream ours {{ server 127.0.0.1:{}; keepalive 8; }}\n server {{ listen 127.0.0.1:{port};\n \
         location / {{ proxy_pass http://ours; proxy_http_version 1.1; proxy_set_header Connection \
         \"\"; }} }} }}\n",
        server.plain
    );
    std::fs::write(server.folder.join("nginx.conf"), conf).map_err(fail)?;
    let folder = server.folder.display();
    let script = format!(
        "PATH=$PATH:/usr/sbin; nginx -p {folder} -c nginx.conf & p=$!\n\
         for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS http://127.0.0.1:{port}/ && break; sleep 0.2; done\n\
         for i in 1 2 3 4 5; do curl -sS -d back http://127.0.0.1:{port}/; done\n\
         kill $p; wait $p"
    );
    let line = server.line("sh", ["-c".into(), script]);
    let said = line.run(log, &line.to_string())?;
    heard(&said, &["ahoy", "backbackbackbackback"], &line.to_string())
}

/// 500 connections at a time, four requests on each.
fn asyncio(server: &Server, log: &Log) -> Done {
    let script = format!(
        "\
import asyncio

async def talk(n):
    reader, writer = await asyncio.open_connection('127.0.0.1', {})
    for _ in range(4):
        writer.write(b'GET / HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n')
        await writer.drain()
        head = await reader.readuntil(b'\\r\\n\\r\\n')
        assert head.startswith(b'HTTP/1.1 200'), head
        assert await reader.readexactly(5) == b'ahoy\\n'
    await together.wait()
    writer.close()
    await writer.wait_closed()
    return 4

async def main():
    global together
    together = asyncio.Barrier(500) if hasattr(asyncio, 'Barrier') else asyncio.Event()
    if not hasattr(asyncio, 'Barrier'):
        together.set()
    print(sum(await asyncio.gather(*map(talk, range(500)))), 'answers')

asyncio.run(main())
",
        server.plain
    );
    let line = server.line("python3", ["-c".into(), script]);
    let said = line.run(log, "cargo xtask clients")?;
    heard(&said, &["2000 answers"], "cargo xtask clients")?;
    Ok("500 connections at a time".into())
}
