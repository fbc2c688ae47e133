//! Instructions that lock a cache line: which they are, and in whose source they stand.
//!
//! Such an instruction is a read-modify-write or a full fence, wherever it comes from: our words,
//! `Arc`'s counts, async-task's state, malloc's arenas. That makes it a fair figure beside a peer's.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PACKAGE;
use super::callgrind::Costs;
use crate::workspace::Workspace;

/// What is known of the objects seen so far.
pub(super) struct Locked<'a> {
    workspace: &'a Workspace,
    objects: HashMap<PathBuf, Object>,
}

struct Object {
    addresses: HashSet<u64>,
    owners: HashMap<u64, String>,
}

impl<'a> Locked<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Locked<'a> {
        Locked { workspace, objects: HashMap::new() }
    }

    /// How often such instructions were executed, by whose they are. The driver's own are left out.
    pub(super) fn of(&mut self, costs: &Costs) -> Result<BTreeMap<String, f64>, String> {
        let mut tally = BTreeMap::new();
        for (path, executed) in &costs.0 {
            if !path.is_file() {
                continue;
            }
            if !self.objects.contains_key(path) {
                let object = Object { addresses: disassemble(path)?, owners: HashMap::new() };
                self.objects.insert(path.clone(), object);
            }
            let Some(object) = self.objects.get_mut(path) else { continue };
            let hit = |address: &&u64| object.addresses.contains(address);
            let seen: Vec<u64> = executed.keys().filter(hit).copied().collect();
            object.learn(path, &seen, self.workspace)?;
            for address in seen {
                let owner = &object.owners[&address];
                if owner != PACKAGE {
                    *tally.entry(owner.clone()).or_default() += executed[&address] as f64;
                }
            }
        }
        Ok(tally)
    }
}

impl Object {
    fn learn(&mut self, path: &Path, seen: &[u64], workspace: &Workspace) -> Result<(), String> {
        let new: Vec<u64> =
            seen.iter().filter(|address| !self.owners.contains_key(address)).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut command = Command::new("addr2line");
        command.args(["-a", "-i", "-f", "-e"]).arg(path);
        command.args(new.iter().map(|address| format!("{address:#x}")));
        let said = output(&mut command)?;
        let library = path.file_name().unwrap_or_default().to_string_lossy();
        let library = library.split('.').next().unwrap_or_default().to_string();
        let program = path.starts_with(&workspace.target);
        for (address, frames) in stacks(&said) {
            let owner = owner(&frames)
                .unwrap_or_else(|| if program { "std".to_string() } else { library.clone() });
            self.owners.insert(address, owner);
        }
        for address in new {
            self.owners.entry(address).or_insert_with(|| library.clone());
        }
        Ok(())
    }
}

/// The addresses of all instructions that lock a line: those with the prefix, exchanges with memory,
/// which need none, and the fence.
fn disassemble(path: &Path) -> Result<HashSet<u64>, String> {
    let said = output(Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(path))?;
    Ok(said.lines().filter_map(locks).collect())
}

pub(super) fn locks(line: &str) -> Option<u64> {
    let (address, instruction) = line.split_once(":\t")?;
    let exchange = instruction.starts_with("xchg") && instruction.contains('(');
    let locks = instruction.starts_with("lock ") || exchange || instruction.starts_with("mfence");
    if locks { u64::from_str_radix(address.trim(), 16).ok() } else { None }
}

/// The paths of the functions at each address, the innermost first.
fn stacks(said: &str) -> Vec<(u64, Vec<&str>)> {
    let mut stacks: Vec<(u64, Vec<&str>)> = Vec::new();
    for line in said.lines() {
        if let Some(address) = line.strip_prefix("0x") {
            if let Ok(address) = u64::from_str_radix(address, 16) {
                stacks.push((address, Vec::new()));
                continue;
            }
        }
        // Names of functions have no slash before a colon and a number.
        let place = line.rsplit_once(':').map(|(path, _)| path).filter(|path| path.contains('/'));
        if let (Some((_, frames)), Some(path)) = (stacks.last_mut(), place) {
            frames.push(path);
        }
    }
    stacks
}

/// Whose the innermost code is that is not the standard library's; counting references is `Arc`'s.
pub(super) fn owner(frames: &[&str]) -> Option<String> {
    for path in frames {
        if path.contains("alloc/src/sync.rs") {
            return Some("Arc".into());
        }
        if path.contains("/rustc/") || path.contains("/library/") {
            continue;
        }
        if let Some((_, inside)) = path.split_once("/registry/src/") {
            let package = inside.split('/').nth(1)?;
            return Some(package.rsplit_once('-').map_or(package, |(name, _)| name).into());
        }
        if let Some((_, inside)) = path.split_once("crates/") {
            return Some(format!("our {}", inside.split('/').next()?));
        }
        if path.contains("benches/counts/") {
            return Some(PACKAGE.into());
        }
    }
    None
}

fn output(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{shown}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
