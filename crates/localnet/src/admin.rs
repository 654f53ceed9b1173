//! Accounts, programs and clock of the running chain: what only the owner of the run may do.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use solana_pubkey::Pubkey;

use crate::LocalNet;
use crate::config::ProgramDeploy;
use crate::error::{LocalNetError, Result};

/// Programs are written in pieces of this size (twice that as hex), under the proxy's limit.
const PROGRAM_CHUNK_BYTES: usize = 4 << 20;

/// The clock's account.
const CLOCK_ADDRESS: &str = "SysvarC1ock11111111111111111111111111111111";

/// Slots an epoch, from the first one on: the chain has no warm-up epochs.
const SLOTS_PER_EPOCH: u64 = 432_000;

/// How long the clock account may take to follow a jump: one slot, on a busy machine.
const CLOCK_SETTLES_WITHIN: Duration = Duration::from_secs(20);

/// How often a condition is looked at again.
const POLL: Duration = Duration::from_millis(20);

/// The chain's clock, as programs read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockInfo {
    /// Slot being built.
    pub slot: u64,
    /// Epoch of that slot.
    pub epoch: u64,
    /// Unix time in seconds.
    pub unix_ts: i64,
}

/// What a deployed program's ProgramData account says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramAuthority {
    /// Address of the ProgramData account.
    pub programdata: Pubkey,
    /// Slot of the last deployment.
    pub deployed_slot: u64,
    /// Who may upgrade it; `None` for a final program.
    pub upgrade_authority: Option<Pubkey>,
}

impl LocalNet {
    /// Replaces an account whole: any address, any owner. An account with no lamports is removed.
    ///
    /// # Errors
    /// The chain's refusal, or a failed call.
    pub fn set_account(
        &self,
        address: &Pubkey,
        lamports: u64,
        owner: &Pubkey,
        data: &[u8],
        executable: bool,
    ) -> Result<()> {
        let account = json!({
            "lamports": lamports,
            "owner": owner.to_string(),
            "data": hex::encode(data),
            "executable": executable,
        });
        self.rpc.call("surfnet_setAccount", json!([address.to_string(), account])).map(drop)
    }

    /// Adds lamports to an account, by a transfer from the chain's faucet; in effect on return.
    ///
    /// # Errors
    /// The chain's refusal (less than the rent of an empty account, more than the faucet's million SOL),
    /// or a failed call.
    pub fn airdrop(&self, address: &Pubkey, lamports: u64) -> Result<()> {
        self.rpc.call("requestAirdrop", json!([address.to_string(), lamports])).map(drop)
    }

    /// Deploys programs, or replaces them. A program can be called from the slot after: this returns then.
    ///
    /// # Errors
    /// [`LocalNetError::Program`] for a file that cannot be read or is no SBF program.
    pub fn deploy(&self, programs: &[ProgramDeploy]) -> Result<()> {
        if programs.is_empty() {
            return Ok(());
        }
        for program in programs {
            self.write_program(program)?;
        }
        self.wait_for_next_slot(CLOCK_SETTLES_WITHIN)?;
        for program in programs {
            self.program_authority(&program.program_id)?;
        }
        Ok(())
    }

    fn write_program(&self, program: &ProgramDeploy) -> Result<()> {
        let bytes = read_elf(program)?;
        let id = program.program_id.to_string();
        for (index, chunk) in bytes.chunks(PROGRAM_CHUNK_BYTES).enumerate() {
            let offset = index.saturating_mul(PROGRAM_CHUNK_BYTES);
            let params = match &program.upgrade_authority {
                Some(authority) => json!([id, hex::encode(chunk), offset, authority.to_string()]),
                None => json!([id, hex::encode(chunk), offset]),
            };
            self.rpc.call("surfnet_writeProgram", params)?;
        }
        Ok(())
    }

    /// Makes `authority` the one who may upgrade a program.
    ///
    /// A program cannot be made final this way: the chain would write a ProgramData account whose
    /// bytecode begins 32 bytes too early.
    ///
    /// # Errors
    /// The chain's refusal, or a failed call.
    pub fn set_upgrade_authority(&self, program_id: &Pubkey, authority: &Pubkey) -> Result<()> {
        let params = json!([program_id.to_string(), authority.to_string()]);
        self.rpc.call("surfnet_setProgramAuthority", params).map(drop)
    }

    /// Who may upgrade a program, and when it was deployed.
    ///
    /// # Errors
    /// [`LocalNetError::Account`] when there is no upgradeable program at the address.
    pub fn program_authority(&self, program_id: &Pubkey) -> Result<ProgramAuthority> {
        let not_a_program = || LocalNetError::Account {
            address: *program_id,
            problem: "is not an upgradeable program".to_owned(),
        };
        let program = self.parsed_account(&program_id.to_string())?;
        let programdata = pubkey(&program["programData"]).ok_or_else(not_a_program)?;
        let data = self.parsed_account(&programdata.to_string())?;
        Ok(ProgramAuthority {
            programdata,
            deployed_slot: data["slot"].as_u64().ok_or_else(not_a_program)?,
            upgrade_authority: pubkey(&data["authority"]),
        })
    }

    /// The clock programs see.
    ///
    /// # Errors
    /// A failed call.
    pub fn clock(&self) -> Result<ClockInfo> {
        let info = self.parsed_account(CLOCK_ADDRESS)?;
        let read = || {
            Some(ClockInfo {
                slot: info["slot"].as_u64()?,
                epoch: info["epoch"].as_u64()?,
                unix_ts: info["unixTimestamp"].as_i64()?,
            })
        };
        read().ok_or_else(|| LocalNetError::Rpc {
            method: "getAccountInfo",
            message: "the clock account is not readable".to_owned(),
        })
    }

    /// Jumps forward to a unix time (seconds); slots jump along at the configured slot time. From then
    /// on the clock runs at its usual pace.
    ///
    /// # Errors
    /// [`LocalNetError::TimeTravelBackwards`] for a time that has passed.
    pub fn time_travel_to(&self, unix_ts: i64) -> Result<ClockInfo> {
        let before = self.clock()?;
        if unix_ts <= before.unix_ts {
            return Err(LocalNetError::TimeTravelBackwards { now: before.unix_ts, target: unix_ts });
        }
        let target_ms = i128::from(unix_ts).saturating_mul(1_000);
        let target_ms = u64::try_from(target_ms).unwrap_or(u64::MAX);
        self.rpc.call("surfnet_timeTravel", json!([{ "absoluteTimestamp": target_ms }]))?;
        // Until the next slot the clock account holds the slot within the epoch.
        self.wait_for_clock(|clock| clock.unix_ts >= unix_ts && clock.slot > before.slot)
    }

    /// Jumps forward by a number of seconds.
    ///
    /// # Errors
    /// As [`LocalNet::time_travel_to`].
    pub fn time_travel_by(&self, secs: u32) -> Result<ClockInfo> {
        let now = self.clock()?.unix_ts;
        self.time_travel_to(now.saturating_add(i64::from(secs)))
    }

    /// Jumps forward to the first slot of an epoch (432,000 slots each); time jumps along.
    ///
    /// # Errors
    /// [`LocalNetError::TimeTravelBackwards`] for an epoch that has begun.
    pub fn time_travel_to_epoch(&self, epoch: u64) -> Result<ClockInfo> {
        let now = self.clock()?.epoch;
        if epoch <= now {
            return Err(LocalNetError::TimeTravelBackwards {
                now: i64::try_from(now).unwrap_or(i64::MAX),
                target: i64::try_from(epoch).unwrap_or(i64::MAX),
            });
        }
        self.rpc.call("surfnet_timeTravel", json!([{ "absoluteEpoch": epoch }]))?;
        // Until the next slot the clock account holds the slot within the epoch, 0.
        let first_slot = epoch.saturating_mul(SLOTS_PER_EPOCH);
        self.wait_for_clock(|clock| clock.epoch >= epoch && clock.slot >= first_slot)
    }

    /// Stops the clock: no slot passes until [`LocalNet::resume_clock`]. Transactions still run.
    ///
    /// # Errors
    /// A failed call.
    pub fn pause_clock(&self) -> Result<()> {
        self.rpc.call("surfnet_pauseClock", json!([])).map(drop)
    }

    /// Lets the clock run again.
    ///
    /// # Errors
    /// A failed call.
    pub fn resume_clock(&self) -> Result<()> {
        self.rpc.call("surfnet_resumeClock", json!([])).map(drop)
    }

    /// The current slot.
    ///
    /// # Errors
    /// A failed call.
    pub fn slot(&self) -> Result<u64> {
        let slot = self.rpc.call("getSlot", json!([{ "commitment": "processed" }]))?;
        slot.as_u64()
            .ok_or_else(|| LocalNetError::Rpc { method: "getSlot", message: format!("answered {slot}") })
    }

    /// Waits until a slot passes and returns the new one.
    pub(crate) fn wait_for_next_slot(&self, timeout: Duration) -> Result<u64> {
        let slot = self.slot()?;
        let deadline = Instant::now() + timeout;
        while Instant::now() < deadline {
            thread::sleep(POLL);
            let current = self.slot()?;
            if current > slot {
                return Ok(current);
            }
        }
        Err(LocalNetError::Stalled { secs: timeout.as_secs(), slot })
    }

    fn wait_for_clock(&self, reached: impl Fn(&ClockInfo) -> bool) -> Result<ClockInfo> {
        let deadline = Instant::now() + CLOCK_SETTLES_WITHIN;
        loop {
            let clock = self.clock()?;
            if reached(&clock) {
                return Ok(clock);
            }
            if Instant::now() >= deadline {
                return Err(LocalNetError::Stalled {
                    secs: CLOCK_SETTLES_WITHIN.as_secs(),
                    slot: clock.slot,
                });
            }
            thread::sleep(POLL);
        }
    }

    /// The `info` of an account the chain can parse; `Null` when it is absent or of another kind.
    fn parsed_account(&self, address: &str) -> Result<Value> {
        let options = json!({ "encoding": "jsonParsed", "commitment": "processed" });
        let mut answer = self.rpc.call("getAccountInfo", json!([address, options]))?;
        Ok(answer.pointer_mut("/value/data/parsed/info").map(Value::take).unwrap_or_default())
    }
}

/// Reads a program and refuses what is plainly not one: the chain would accept any bytes.
fn read_elf(program: &ProgramDeploy) -> Result<Vec<u8>> {
    let refuse = |reason: String| LocalNetError::Program {
        program_id: program.program_id,
        path: program.so_path.clone(),
        reason,
    };
    let bytes = fs::read(&program.so_path).map_err(|error| refuse(error.to_string()))?;
    // Bytes 18 and 19 of an ELF file name the machine: 247 is BPF, 263 is SBPF.
    let machine = bytes.get(18..20).map(|m| u16::from(m[0]) | u16::from(m[1]) << 8);
    match machine {
        Some(247 | 263) if bytes.starts_with(b"\x7fELF") => Ok(bytes),
        _ => Err(refuse("it is not a Solana program (an ELF file for BPF)".to_owned())),
    }
}

fn pubkey(value: &Value) -> Option<Pubkey> {
    value.as_str()?.parse().ok()
}
