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
    ("redis-benchmark", "redis-tools"),
    ("python3", "python3"),
];

/// What Debian's packages ask before they start a daemon.
const POLICY: &str = "/usr/sbin/policy-rc.d";

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
    let mut packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    packages.dedup();
    if packages.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    if !is_there("apt-get") {
        return Err(format!("there is no apt here; needed are {}", packages.join(", ")));
    }
    let script = script(POLICY, &packages);
    println!("{script}");
    let line = match is_root() {
        true => Line::new("sh", &workspace.root, LIMIT).args(["-c", &script]),
        false => Line::new("sudo", &workspace.root, LIMIT).args(["sh", "-c", &script]),
    };
    if line.show()? == 0 { Ok(()) } else { Err("apt did not install them".into()) }
}

/// While `policy` says 101, the packages start no daemon. It goes when the script does, also by a signal, for
/// which a shell does not call what it has for its end.
fn script(policy: &str, packages: &[&str]) -> String {
    format!(
        "set -e\n\
         policy={policy}\n\
         if [ ! -e $policy ]; then\n\
         \x20 trap 'rm -f $policy' EXIT\n\
         \x20 trap 'exit 130' INT TERM HUP\n\
         \x20 printf '#!/bin/sh\\nexit 101\\n' > $policy\n\
         \x20 chmod +x $policy\n\
         fi\n\
         export DEBIAN_FRONTEND=noninteractive\n\
         install='apt-get install -y --no-install-recommends {}'\n\
         $install || {{ apt-get update; $install; }}\n",
        packages.join(" ")
    )
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

#[cfg(test)]
mod tests {
    //! What is asked for, and an apt that ends its caller.

    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::super::{redis, talks};
    use super::*;

    #[test]
    fn each_talk_can_be_installed() {
        for talk in talks::TALKS.iter().chain(redis::TALKS) {
            assert!(PACKAGES.iter().any(|(program, _)| *program == talk.program), "{}", talk.title);
        }
    }

    #[test]
    fn a_signal_leaves_no_policy_behind() {
        let folder = std::env::temp_dir().join(format!("xtask-install-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (apt, policy) = (folder.join("apt-get"), folder.join("policy"));
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let script = script(&policy.display().to_string(), &["curl"]);
        // By TERM alone: where INT and HUP were ignored from the start (`nohup`, `&`), no shell can change that.
        for end in ["exit 0", "kill -TERM $PPID", "exit 1"] {
            // It sees the policy, and then the script ends.
            let text =
                format!("#!/bin/sh\ntest -x {} && touch {0}.seen\n{end}\n", policy.display());
            std::fs::write(&apt, text).unwrap();
            std::fs::set_permissions(&apt, PermissionsExt::from_mode(0o755)).unwrap();
            let status = Command::new("sh").args(["-c", &script]).env("PATH", &path).status();
            assert_eq!(status.unwrap().success(), end == "exit 0", "{end}");
            assert!(std::fs::remove_file(folder.join("policy.seen")).is_ok(), "{end}");
            assert!(!policy.exists(), "{end}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
