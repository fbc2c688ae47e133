//! Clients that are not there: which, and from where.

use std::time::Duration;

use crate::step::Line;
use crate::workspace::Workspace;

/// Each program the talks need that a machine may lack, and Debian's package.
const PACKAGES: &[(&str, &str)] = &[
    ("curl", "curl"),
    ("openssl", "openssl"),
    ("wrk", "wrk"),
    ("h2load", "nghttp2-client"),
    ("nginx", "nginx"),
    ("redis-cli", "redis-tools"),
];

/// A person watches.
const LIMIT: Duration = Duration::MAX;

/// Whether a shell would find it.
pub(super) fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Some stand where only a superuser looks.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.into_iter().any(|folder| folder.join(program).is_file())
}

/// Installs what is missing, by apt.
pub(super) fn missing(workspace: &Workspace) -> Result<(), String> {
    let missing = PACKAGES.iter().filter(|(program, _)| !is_there(program));
    let packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    if !is_there("apt-get") {
        return Err(format!("there is no apt here; needed are {}", packages.join(", ")));
    }
    // While policy-rc.d says 101, the packages start no daemon.
    let script = format!(
        "set -e\n\
         policy=/usr/sbin/policy-rc.d\n\
         if [ ! -e $policy ]; then\n\
         \x20 trap 'rm -f $policy' EXIT\n\
         \x20 printf '#!/bin/sh\\nexit 101\\n' > $policy\n\
         \x20 chmod +x $policy\n\
         fi\n\
         export DEBIAN_FRONTEND=noninteractive\n\
         install='apt-get install -y --no-install-recommends {}'\n\
         $install || {{ apt-get update; $install; }}\n",
        packages.join(" ")
    );
    println!("{script}");
    let line = match is_root() {
        true => Line::new("sh", &workspace.root, LIMIT).args(["-c", &script]),
        false => Line::new("sudo", &workspace.root, LIMIT).args(["sh", "-c", &script]),
    };
    if line.show()? == 0 { Ok(()) } else { Err("apt did not install them".into()) }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}
