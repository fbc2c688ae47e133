//! What each client of HTTP is made to say, and what it must hear.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::install::is_there;
use super::server::{Kept, Server};
use super::{failed, failure};
use crate::step::{Failure, Line, Log};

pub(super) type Done = Result<String, Failure>;

pub(super) struct Talk {
    /// At most ten letters.
    pub(super) title: &'static str,
    /// What must be there.
    pub(super) program: &'static str,
    /// Had twice.
    pub(super) body: fn(&Server, &Log) -> Done,
    pub(super) over_http: bool,
}

const fn talk(title: &'static str, program: &'static str, body: fn(&Server, &Log) -> Done) -> Talk {
    Talk { title, program, body, over_http: true }
}

pub(super) const TALKS: &[Talk] = &[
    talk("curl-1.1", "curl", |server, log| curl(server, log, "--http1.1")),
    talk("curl-2", "curl", |server, log| curl(server, log, "--http2-prior-knowledge")),
    talk("curl-tls", "curl", curl_tls),
    talk("curl-large", "curl", curl_large),
    talk("openssl", "openssl", openssl),
    talk("wrk", "wrk", wrk),
    talk("h2load", "h2load", h2load),
    talk("nginx", "nginx", nginx),
    talk("asyncio", "python3", asyncio),
];

/// The words must be among what it said.
pub(super) fn heard(said: &str, words: &[&str], repeat: &str) -> Done {
    match words.iter().find(|word| !said.contains(**word)) {
        None => Ok(String::new()),
        Some(word) => {
            let output = format!("{said}\n[no `{word}` in it]");
            Err(Failure { repeat: repeat.into(), output })
        }
    }
}

fn curl(server: &Server, log: &Log, version: &str) -> Done {
    let url = format!("http://127.0.0.1:{}/", server.ports[0]);
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
    let url = format!("https://localhost:{}/", server.ports[1]);
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
    let url = format!("http://127.0.0.1:{}", server.ports[0]);
    let file = server.folder.join("large");
    std::fs::write(&file, vec![7; 20_000_000]).map_err(failed)?;
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
        server.ports[1]
    );
    let line = server.line("sh", ["-c".into(), script]);
    let said = line.run(log, &line.to_string())?;
    heard(&said, &["HTTP/1.0 200", "ahoy"], &line.to_string())
}

/// A hundred connections, as fast as they can.
fn wrk(server: &Server, log: &Log) -> Done {
    wrk_at(server, log, server.ports[0])
}

fn wrk_at(server: &Server, log: &Log, port: u16) -> Done {
    let url = format!("http://127.0.0.1:{port}/");
    let line = server.line("wrk", ["-t2", "-c100", "-d3s", &url].map(String::from));
    let said = line.run(log, &line.to_string())?;
    // Said only if there are any.
    if said.contains("Socket errors") || said.contains("Non-2xx") {
        return Err(Failure { repeat: line.to_string(), output: said });
    }
    heard(&said, &["Requests/sec"], &line.to_string())?;
    let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    Ok(format!("{} requests a second, no socket error", rate.unwrap_or_default().trim()))
}

/// Twenty connections, ten requests at a time on each; plain, and with TLS.
fn h2load(server: &Server, log: &Log) -> Done {
    let mut rates = Vec::new();
    for (scheme, port) in [("http", server.ports[0]), ("https", server.ports[1])] {
        let url = format!("{scheme}://127.0.0.1:{port}/");
        let line = server.line("h2load", ["-n50000", "-c20", "-m10", &url].map(String::from));
        let said = line.run(log, &line.to_string())?;
        let wanted = [
            "50000 done, 50000 succeeded, 0 failed, 0 errored, 0 timeout",
            "50000 2xx, 0 3xx, 0 4xx, 0 5xx",
            "Application protocol: h2",
        ];
        heard(&said, &wanted, &line.to_string())?;
        let rate = said.lines().find(|line| line.starts_with("finished in"));
        let rate = rate.and_then(|line| line.split(", ").nth(1)).unwrap_or_default();
        rates.push(format!("{scheme} {rate}"));
    }
    Ok(rates.join(", "))
}

/// In front, as a reverse proxy that keeps connections to us.
fn nginx(server: &Server, log: &Log) -> Done {
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let port = free.map_err(failed)?.port();
    let (conf, errors) = (server.folder.join("nginx.conf"), server.folder.join("nginx.errors"));
    // One process, so that nothing is left of it if it has to be killed.
    let text = format!(
        "daemon off; master_process off; pid nginx.pid;\nevents {{ worker_connections 1024; }}\nhttp {{\n \
         access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n \
         uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n \
         upstream ours {{ server 127.0.0.1:{}; keepalive 100; }}\n server {{ listen 127.0.0.1:{port};\n \
         location / {{ proxy_pass http://ours; proxy_http_version 1.1; proxy_set_header Connection \
         \"\"; }} }} }}\n",
        server.ports[0]
    );
    std::fs::write(&conf, text).map_err(failed)?;
    std::fs::write(&errors, "").map_err(failed)?;
    let program = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
    let mut command = Command::new(program);
    command.arg("-p").arg(&server.folder).arg("-c").arg(&conf).arg("-e").arg(&errors);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let nginx = Kept::start(&mut command).map_err(failure)?;
    await_port(port, &errors)?;

    let url = format!("http://127.0.0.1:{port}/");
    let get = server.line("curl", ["-sS", &url, &url].map(String::from));
    heard(&get.run(log, &get.to_string())?, &["ahoy\nahoy\n"], &get.to_string())?;
    let post = server.line("curl", ["-sS", "-d", "back", &url, &url].map(String::from));
    heard(&post.run(log, &post.to_string())?, &["backback"], &post.to_string())?;
    let remark = match is_there("wrk") {
        true => wrk_at(server, log, port)?,
        false => "by hand only: there is no wrk".into(),
    };
    drop(nginx);
    let errors = std::fs::read_to_string(&errors).map_err(failed)?;
    if errors.is_empty() { Ok(remark) } else { Err(failure(errors)) }
}

/// Until it listens there; what it says in its log, if it does not.
fn await_port(port: u16, errors: &Path) -> Result<(), Failure> {
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if began.elapsed() > Duration::from_secs(10) {
            return Err(failure(std::fs::read_to_string(errors).map_err(failed)?));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
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
        server.ports[0]
    );
    let line = server.line("python3", ["-c".into(), script]);
    let said = line.run(log, super::REPEAT)?;
    heard(&said, &["2000 answers"], super::REPEAT)?;
    Ok("500 connections at a time".into())
}
