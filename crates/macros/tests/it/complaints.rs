//! Each mistake gives one error, at the right place, with the remedy.
//!
//! The compiler is run on a program of mistakes, one to a line, with the attributes as this build made them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// A function with its attribute, the text the error points at, and what it says.
const MISTAKES: &[(&str, &str, &str)] = &[
    // The function.
    ("#[test] fn f() {}", "fn", "`#[evenkeel::test]` runs an async function: write `async fn`"),
    ("#[test] struct S;", "struct", "goes before an `async fn`, and this is something else"),
    ("#[test] async unsafe fn f() {}", "unsafe", "remove `unsafe`"),
    ("#[test] async fn f<T>() {}", "<", "cannot choose types or lifetimes for `f`: remove them"),
    ("#[test] async fn f(n: u32) {}", "n: u32", "has nothing to give to `f`: remove the arguments"),
    ("#[test] async fn f() where u8: Copy {}", "where", "cannot meet conditions"),
    (
        "#[main] async fn start() {}",
        "start",
        "is for `main`; elsewhere call `evenkeel::run(start())`",
    ),
    // The arguments.
    (
        "#[test(timout = \"5s\")] async fn f() {}",
        "timout",
        "no argument `timout`: `#[evenkeel::test]` takes `seeds`",
    ),
    ("#[test(seeds)] async fn f() {}", "seeds", "`seeds` needs a value: `seeds = ..`"),
    ("#[test(seeds = )] async fn f() {}", "seeds", "`seeds` needs a value: `seeds = ..`"),
    ("#[test(seeds(3))] async fn f() {}", "(3)", "`seeds` needs a value: `seeds = ..`"),
    ("#[test(\"5s\")] async fn f() {}", "\"5s\"", "takes `name = value`, with commas between"),
    ("#[test(seeds = \"many\")] async fn f() {}", "\"many\"", "`seeds` is a whole number"),
    ("#[test(seeds = 0)] async fn f() {}", "0", "`seeds` is at least 1"),
    (
        "#[test(seed = \"a b\")] async fn f() {}",
        "\"a b\"",
        "`seed` is a number, or what a failure printed",
    ),
    ("#[test(seed = 1, seeds = 2)] async fn f() {}", "seeds", "say one of the two"),
    (
        "#[test(workers = 1, workers = 2)] async fn f() {}",
        "workers = 2",
        "`workers` was said already",
    ),
    ("#[test(timeout = 5)] async fn f() {}", "5", "`timeout` is a duration: `timeout = \"100ms\"`"),
    (
        "#[test(timeout = \"5 parsecs\")] async fn f() {}",
        "\"5 parsecs\"",
        "`timeout` is a duration",
    ),
    (
        "#[test(clock = \"fake\")] async fn f() {}",
        "\"fake\"",
        "`clock` is `\"paused\"` or `\"real\"`",
    ),
    ("#[test(crate = 7)] async fn f() {}", "7", "`crate` is a path: `crate = my::evenkeel`"),
    ("#[main(workers = 0)] async fn main() {}", "0", "`workers` is at least 1"),
    (
        "#[main(seeds = 3)] async fn main() {}",
        "seeds",
        "`#[evenkeel::main]` takes `workers`, `crate`",
    ),
];

/// The attributes' library, of this build or a later one: it lies beside this test.
fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.contains("evenkeel_macros-")
            && path.extension() == Some(std::env::consts::DLL_EXTENSION.as_ref())
    };
    let made = |path: &PathBuf| {
        path.metadata().and_then(|it| it.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(is_ours).max_by_key(made).expect("the library was built for this test")
}

/// What the compiler says of the program, an error a line: `line:column: text`.
fn compile(program: &str) -> Vec<String> {
    let mut compiler = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    compiler.args([
        "--edition=2024",
        "--crate-type=lib",
        "--crate-name=mistakes",
        "--emit=metadata",
    ]);
    // A file of its own, never a device: whoever may would have the compiler put a file in its place.
    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes.rmeta");
    compiler.args(["--test", "--error-format=short", "-o"]).arg(out);
    compiler.arg("--extern").arg(format!("evenkeel_macros={}", library().display())).arg("-");
    compiler.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = compiler.spawn().unwrap();
    child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap().stderr;
    let said = String::from_utf8(said).unwrap();
    let errors = said.lines().filter_map(|line| line.strip_prefix("<anon>:"));
    errors.map(str::to_owned).collect()
}

#[test]
fn each_mistake_is_told_where_it_is() {
    let mut program = String::new();
    for (nth, (code, ..)) in MISTAKES.iter().enumerate() {
        let code = code.replacen("#[", "#[evenkeel_macros::", 1);
        writeln!(program, "mod m{nth} {{ {code} }}").unwrap();
    }
    let errors = compile(&program);
    let mut wrong = Vec::new();
    for (nth, (code, at, says)) in MISTAKES.iter().enumerate() {
        let line = program.lines().nth(nth).unwrap();
        // The first such text behind the attribute's name.
        let name = line.find("evenkeel_macros::").unwrap() + "evenkeel_macros::test".len();
        let column = name + line[name..].find(at).unwrap() + 1;
        let place = format!("{}:{column}:", nth + 1);
        let of_line: Vec<_> =
            errors.iter().filter(|error| error.starts_with(&format!("{}:", nth + 1))).collect();
        match of_line.as_slice() {
            [one] if one.starts_with(&place) && one.contains(says) => {}
            other => wrong.push(format!("{code}\n  wanted {place} .. {says}\n  got {other:#?}")),
        }
    }
    assert!(wrong.is_empty(), "{}\nall: {errors:#?}", wrong.join("\n"));
}

#[test]
fn what_is_right_is_not_complained_of() {
    // The code that is written names a crate `keel`; a stand-in is enough to see that it fits together.
    let program = "
        #![allow(dead_code, unused_braces)]
        mod keel {
            pub mod testing {
                #[derive(Default)] pub struct Test { pub schedule: Schedule, pub timeout: Option<core::time::Duration> }
                #[derive(Default)] pub enum Schedule { #[default] InOrder, Seeds(u64) }
                impl Test { pub fn run<T>(&self, body: impl AsyncFn(u8) -> T) { let _ = body; } }
            }
        }
        #[evenkeel_macros::test(seeds = 1_000, timeout = \"2min\", crate = crate::keel)]
        #[ignore]
        pub(crate) async fn right() -> Result<(), [u8; { 1 }]> { Ok(()) }
        macro_rules! tests { ($($name:ident $count:literal $body:block)*) => {
            $( #[evenkeel_macros::test(seeds = $count, crate = \"crate::keel\")] async fn $name() $body )*
        } }
        tests! { by_a_macro 7 {} }
    ";
    assert_eq!(compile(program), Vec::<String>::new());
}
