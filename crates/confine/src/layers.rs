//! What holds the child: programs in front of it, Landlock and seccomp around it.
//!
//! Each layer is there as far as the machine has it; [`Launcher::loosen_until`] finds out once
//! which are. None needs `unsafe` here: a thread confines itself and then
//! starts the child, which inherits it, and `setpriv` and `prlimit` (util-linux) do in the child
//! what the standard library has no safe call for.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{Pid, Resource, Rlimit};

use crate::child::Bounds;
use crate::find::{Tool, in_path};
use crate::syscalls;

/// Which layers hold the tools on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Landlock by the number of its interface, 0 if not active. From 1 on no file can be written
    /// and none read but libraries and what was named; from 4 on no TCP; from 6 on no signal to and no abstract
    /// socket of another process.
    pub landlock: u32,
    /// Are sockets, new processes, tracing, mounting and the like refused by seccomp?
    pub seccomp: bool,
    /// Are the resource limits set before the tool starts (`prlimit`)? Otherwise just after.
    pub limits_before_start: bool,
    /// Does the kernel kill the tool when this process dies (`setpriv`)? Otherwise it ends when
    /// it next writes.
    pub dies_with_us: bool,
    /// Has a tool that runs as root lost all capabilities? `true` where it never had any.
    pub no_capabilities: bool,
}

impl std::fmt::Display for Confinement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let landlock = match self.landlock {
            0 => "no Landlock".to_owned(),
            abi => format!("Landlock {abi}"),
        };
        let or_no = |active: bool, name: &str| match active {
            true => name.to_owned(),
            false => format!("no {name}"),
        };
        write!(
            f,
            "{landlock}, {}, {}, {}, {}",
            or_no(self.seccomp, "seccomp"),
            or_no(self.limits_before_start, "limits before start"),
            or_no(self.dies_with_us, "death with the server"),
            match self.no_capabilities {
                true => "no capabilities",
                false => "capabilities of root",
            }
        )
    }
}

/// The layers to use, and the paths that the tools need.
#[derive(Clone, Debug)]
pub struct Launcher {
    pub(crate) landlock: bool,
    pub(crate) seccomp: bool,
    pub(crate) prlimit: Option<PathBuf>,
    pub(crate) setpriv: Option<PathBuf>,
    pub(crate) drop_capabilities: bool,
    /// Programs that may be executed.
    pub(crate) programs: Vec<PathBuf>,
    /// Files, and folders with all below, that may be read beside the libraries.
    pub(crate) readable: Vec<PathBuf>,
}

/// What a thread got when it confined itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Active {
    /// Its interface of Landlock, 0 if not active.
    pub landlock: u32,
    /// Is seccomp active?
    pub seccomp: bool,
}

/// Highest interface of Landlock whose rights are asked for.
const LANDLOCK: ABI = ABI::V6;

/// Where shared libraries live, and the three devices that libraries open at start.
const READABLE: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/nix/store",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
];

/// Loaders of shared libraries count as executed.
const LOADERS: &[&str] = &[
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-linux-riscv64-lp64d.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
    "/nix/store",
];

/// Address space beside private memory: the libraries of Debian's ffmpeg take 300 MiB of it.
const SHARED_ADDRESS_BYTES: u64 = 1024 * 1024 * 1024;

/// Stack of each thread of the tool.
const STACK_BYTES: u64 = 2 * 1024 * 1024;

/// Descriptors: three, and one for each library while it is loaded.
const DESCRIPTORS: u64 = 32;

impl Launcher {
    /// All layers that the machine may have, around these tools. Without `confine` neither
    /// Landlock nor seccomp.
    pub fn all_layers(tools: &[&Tool], confine: bool) -> Self {
        let prlimit = in_path("prlimit");
        let setpriv = in_path("setpriv");
        let tools = tools.iter().map(|tool| &tool.path);
        let programs = tools.chain(&prlimit).chain(&setpriv).cloned().collect();
        Self {
            landlock: confine,
            seccomp: confine,
            drop_capabilities: setpriv.is_some() && rustix::process::geteuid().is_root(),
            prlimit,
            setpriv,
            programs,
            readable: Vec::new(),
        }
    }

    /// The same, for a tool that also reads this file, or what is below this folder.
    #[must_use]
    pub fn and_readable(mut self, path: &Path) -> Self {
        self.readable.push(path.to_owned());
        self
    }

    /// Tries with all layers, and where that fails with one less after the other, so that an odd
    /// machine loses a layer and not the service. An error that says more about this moment than
    /// about the tool ends the search, so that a busy machine costs no layer.
    ///
    /// # Errors
    /// That of the first attempt, or the passing one.
    pub fn loosen_until<T, E>(
        mut self,
        mut attempt: impl FnMut(&Self) -> Result<T, E>,
        is_passing: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let first_error = match attempt(&self) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        if is_passing(&first_error) {
            return Err(first_error);
        }
        let steps: [fn(&mut Self); 5] = [
            |l| l.drop_capabilities = false,
            |l| l.setpriv = None,
            |l| l.seccomp = false,
            |l| l.landlock = false,
            |l| l.prlimit = None,
        ];
        for without in steps {
            without(&mut self);
            match attempt(&self) {
                Ok(found) => return Ok(found),
                Err(error) if is_passing(&error) => return Err(error),
                Err(_) => {}
            }
        }
        Err(first_error)
    }

    /// What holds a tool that ran with `active`.
    pub fn confinement(&self, active: &Active) -> Confinement {
        let is_root = rustix::process::geteuid().is_root();
        Confinement {
            landlock: active.landlock,
            seccomp: active.seccomp,
            limits_before_start: self.prlimit.is_some(),
            dies_with_us: self.setpriv.is_some(),
            no_capabilities: !is_root || self.drop_capabilities,
        }
    }

    /// The command line: programs in front, the tool, nothing of our environment.
    pub(crate) fn command(&self, tool: &Path, args: &[String], bounds: &Bounds) -> Command {
        let mut line: Vec<std::ffi::OsString> = Vec::new();
        if let Some(setpriv) = &self.setpriv {
            line.push(setpriv.into());
            line.extend(["--pdeathsig", "KILL"].map(Into::into));
            if self.drop_capabilities {
                line.extend(["--inh-caps=-all", "--bounding-set=-all"].map(Into::into));
            }
        }
        if let Some(prlimit) = &self.prlimit {
            line.push(prlimit.into());
            line.extend(limits(bounds).iter().map(Limit::as_option).map(Into::into));
        }
        line.push(tool.into());
        let mut line = line.into_iter();
        let mut command = Command::new(line.next().unwrap_or_default());
        command
            .args(line)
            .args(args)
            .env_clear()
            .env("LC_ALL", "C")
            // One arena: others would take address space and keep memory.
            .env("MALLOC_ARENA_MAX", "1")
            .current_dir("/")
            .process_group(0);
        command
    }

    /// Sets the limits on the running child where no program did it before its start.
    pub(crate) fn limit_late(&self, child: Option<Pid>, bounds: &Bounds) -> io::Result<()> {
        if self.prlimit.is_some() {
            return Ok(());
        }
        for limit in limits(bounds) {
            let value = Rlimit {
                current: Some(limit.soft),
                maximum: Some(limit.hard),
            };
            match rustix::process::prlimit(child, limit.resource, value) {
                // It has ended already.
                Err(rustix::io::Errno::SRCH) => return Ok(()),
                other => other?,
            };
        }
        Ok(())
    }

    /// Confines the calling thread for good, and what it starts.
    pub(crate) fn confine_this_thread(&self) -> io::Result<Active> {
        let landlock = match self.landlock {
            true => self.enter_landlock().map_err(refused)?,
            false => 0,
        };
        let seccomp = self.seccomp && syscalls::refuse_in_this_thread()?;
        Ok(Active { landlock, seccomp })
    }

    fn enter_landlock(&self) -> Result<u32, landlock::RulesetError> {
        let read = AccessFs::ReadFile;
        let run = AccessFs::ReadFile | AccessFs::Execute;
        let beside = self
            .programs
            .iter()
            .filter_map(|p| Some(p.parent()?.parent()?.join("lib")));
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?
            .create()?
            .add_rules(path_beneath_rules(READABLE, read))?
            .add_rules(path_beneath_rules(beside, read))?
            .add_rules(path_beneath_rules(&self.readable, read))?
            .add_rules(path_beneath_rules(LOADERS, run))?
            .add_rules(path_beneath_rules(&self.programs, run))?
            .restrict_self()?;
        Ok(match (status.ruleset, status.landlock) {
            (RulesetStatus::NotEnforced, _) => 0,
            (_, LandlockStatus::Available { effective_abi, .. }) => {
                (effective_abi as u32).min(LANDLOCK as u32)
            }
            _ => 0,
        })
    }
}

/// A layer that this machine refuses, which is told from a machine that is busy.
pub(crate) fn refused(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, error)
}

struct Limit {
    option: &'static str,
    resource: Resource,
    soft: u64,
    hard: u64,
}

impl Limit {
    fn as_option(&self) -> String {
        format!("--{}={}:{}", self.option, self.soft, self.hard)
    }
}

/// No limit on the number of processes is among them: it counts all processes of a user, so it
/// would hit the server; seccomp refuses new processes instead.
fn limits(bounds: &Bounds) -> [Limit; 7] {
    let limit = |option, resource, value| Limit {
        option,
        resource,
        soft: value,
        hard: value,
    };
    let cpu_s = bounds.cpu.as_secs().max(1);
    let memory = bounds.memory_bytes;
    let address_space = memory.saturating_add(SHARED_ADDRESS_BYTES);
    [
        limit("core", Resource::Core, 0),
        limit("fsize", Resource::Fsize, 0),
        limit("nofile", Resource::Nofile, DESCRIPTORS),
        limit("stack", Resource::Stack, STACK_BYTES),
        limit("data", Resource::Data, memory),
        limit("as", Resource::As, address_space),
        Limit {
            // The signal of the soft limit tells this end from others.
            hard: cpu_s.saturating_add(1),
            ..limit("cpu", Resource::Cpu, cpu_s)
        },
    ]
}
