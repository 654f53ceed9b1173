use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;

use ballast_engine::data::{LendingRates, PriceColumn, PriceHistory};
use clap::Parser;
use serde_json::Value;

use crate::{EngineCliError, EngineCommand};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: EngineCommand,
}

/// A folder that is removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ballast-fetch-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn fixture(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../feeds/tests/fixtures");
    std::fs::read_to_string(format!("{folder}/{name}")).unwrap()
}

/// Answers each connection with the next body, then goes away.
fn serve(bodies: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for body in bodies {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4_096];
            // A POST body follows its headers; these requests are small enough for the two to be awaited together.
            while !complete(&request) {
                let count = stream.read(&mut part).unwrap();
                request.extend_from_slice(&part[..count]);
            }
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).unwrap();
        }
    });
    address
}

fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

fn run(line: &[&str]) -> Result<Value, EngineCliError> {
    let line = ["engine", "fetch"].iter().chain(line).chain(&["--min-interval-ms", "0", "--attempts", "1"]);
    let line = Line::try_parse_from(line).unwrap();
    let mut output = Vec::new();
    crate::run(&line.command, &mut std::io::empty(), &mut output)?;
    Ok(serde_json::from_slice(&output).unwrap())
}

const WINDOW: [&str; 4] = ["--from", "2024-11-23", "--to", "2024-11-23T06:00"];

#[test]
fn prices_are_written_as_the_engine_reads_them() {
    let folder = Folder::new("prices");
    let path = folder.file("prices_hourly.csv");
    let base = serve(vec![fixture("benchmarks_messy.json")]);
    let line = ["prices", "--base-url", &base, "--output", &path, "--symbol", "sol_usdt=Crypto.SOL/USD"];
    let answer = run(&[&line[..], &WINDOW[..]].concat()).unwrap();
    assert_eq!((&answer["fetched"], &answer["rows"]), (&"prices".into(), &3.into()));
    assert_eq!(answer["source"], base.as_str());
    assert_eq!(answer["finding_counts"]["gap"], 1);
    assert_eq!(answer["finding_counts"]["duplicate_dropped"], 1);
    assert_eq!(answer["series"][0]["points"], 3);
    let history = PriceHistory::read(path.as_ref()).unwrap();
    let sol = history.series(PriceColumn::Sol).points();
    assert_eq!(sol, [(1_732_320_000, 256.4), (1_732_323_600, 255.1), (1_732_338_000, 253.7)]);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
}

#[test]
fn hermes_and_coins_fill_the_same_columns() {
    let folder = Folder::new("sources");
    let path = folder.file("prices.csv");
    let hour = ["--from", "2024-11-23", "--to", "2024-11-23T01:00", "--output", &path];
    let base = serve(vec![fixture("hermes_latest.json")]);
    let id = |column: &str, id: &str| format!("{column}={id}");
    let sol = id("sol_usdt", "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d");
    let usdc = id("usdc_usdt", "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a");
    let line = ["prices", "--source", "hermes", "--base-url", &base, "--symbol", &sol, "--symbol", &usdc];
    run(&[&line[..], &hour[..]].concat()).unwrap();
    let expected = "unix_time,sol_usdt,btc_usdt,eth_usdt,usdc_usdt,bnsol_usdt,wbeth_usdt\n\
                    1732320000,138.70482359,,,0.99991,,\n";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    let base = serve(vec![fixture("llama_coins.json")]);
    let line = ["prices", "--source", "coins", "--base-url", &base, "--symbol", "sol_usdt=coingecko:solana"];
    let window = ["--from", "2024-11-23", "--to", "2024-11-23T04:00", "--output", &path];
    let answer = run(&[&line[..], &window[..]].concat()).unwrap();
    assert_eq!((answer["finding_counts"]["aligned"].as_u64(), answer["rows"].as_u64()), (Some(1), Some(3)));
}

#[test]
fn a_lending_market_is_written_as_the_engine_reads_it() {
    let folder = Folder::new("lending");
    let path = folder.file("lending_rates_daily.csv");
    let base = serve(vec![fixture("llama_lending.json")]);
    let line = ["pool-history", "--base-url", &base, "--output", &path, "--pool", "d2141a59-c199"];
    let market = [
        "--lending",
        "--market-network",
        "Solana",
        "--symbol",
        "USDC",
        "--asset",
        "EPjF",
        "--reserve-factor",
        "0.1",
    ];
    let answer = run(&[&line[..], &market[..]].concat()).unwrap();
    assert_eq!(answer["finding_counts"]["assumption"], 1);
    let rates = LendingRates::read(path.as_ref()).unwrap();
    let rows = rates.rows(&"solana:USDC".parse().unwrap()).unwrap();
    assert_eq!(rows.len(), 10);
    assert!((rows[0].utilisation().unwrap() - 0.8).abs() < 1e-4);
    let percent =
        ["--lending", "--market-network", "s", "--symbol", "U", "--asset", "E", "--reserve-factor", "10"];
    let base = serve(vec![fixture("llama_lending.json")]);
    let line = ["pool-history", "--base-url", &base, "--output", &path, "--pool", "d2141a59-c199"];
    let error = run(&[&line[..], &percent[..]].concat()).unwrap_err();
    assert_eq!(
        (error.exit_code(), error.to_string().as_str()),
        (2, "--reserve-factor: 10 is not a fraction from 0 to 1")
    );
    assert!(
        Line::try_parse_from([
            "engine",
            "fetch",
            "pool-history",
            "--output",
            "x",
            "--pool",
            "p",
            "--lending"
        ])
        .is_err()
    );
}

#[test]
fn rates_in_another_unit_are_not_written() {
    let folder = Folder::new("unit");
    let path = folder.file("pool.csv");
    let line = |base: &str| {
        ["pool-history", "--base-url", base, "--output", &path, "--pool", "p"].map(String::from).to_vec()
    };
    let refused = line(&serve(vec![fixture("llama_chart_fractions.json")]));
    let error = run(&refused.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("reads like fractions; --accept-suspect-unit"), "{error}");
    assert!(!PathBuf::from(&path).exists());
    let mut accepted = line(&serve(vec![fixture("llama_chart_fractions.json")]));
    accepted.push("--accept-suspect-unit".into());
    let answer = run(&accepted.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    assert_eq!(answer["finding_counts"]["unit_suspect"], 1);
}

#[test]
fn pools_are_filtered() {
    let folder = Folder::new("pools");
    let path = folder.file("pools.csv");
    let base = serve(vec![fixture("llama_pools.json")]);
    let line = ["pools", "--base-url", &base, "--output", &path, "--chain", "solana", "--stablecoin"];
    let answer = run(&[&line[..], &["--min-tvl-usd", "2e7"]].concat()).unwrap();
    assert_eq!(answer["rows"], 3);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(
        "pool,chain,project,symbol,tvl_usd,apy,apy_base,apy_reward,stablecoin,underlying_tokens\n"
    ));
    assert!(text.contains(",Solana,kamino-lend,USDC,153241877,0.0595,0.052,0.0075,true,EPjF"), "{text}");
}

#[test]
fn a_vaults_share_price_comes_from_its_events() {
    let folder = Folder::new("chain");
    let (path, events) = (folder.file("share_price.csv"), folder.file("events.jsonl"));
    let names = (0..4).map(|number| format!("chain_transaction_{number}.json"));
    let bodies = std::iter::once("chain_signatures.json".to_owned()).chain(names).map(|name| fixture(&name));
    let base = serve(bodies.collect());
    let vault = "k7FaK87WHGVXzkaoHb7CdVPgkKDQhZ29VLDeBVbDfYn";
    let line = ["chain", "--rpc-url", &base, "--address", vault, "--output", &path, "--events", &events];
    let answer = run(&line).unwrap();
    assert_eq!((&answer["rows"], &answer["finding_counts"]["unknown_event"]), (&3.into(), &1.into()));
    let text = std::fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(2).unwrap();
    let expected =
        "1732406400,310050000,1.002946954755,1002946954755,51050000,50900000000,exact,DecisionRecorded,5CCC";
    assert!(second.starts_with(expected), "{second}");
    let events = std::fs::read_to_string(&events).unwrap();
    assert_eq!(events.lines().count(), 6);
    let first: Value = serde_json::from_str(events.lines().next().unwrap()).unwrap();
    assert_eq!((&first["name"], &first["fields"]["seed_atoms"]), (&"VaultCreated".into(), &1_000_000.into()));
    assert!(!text.contains("unix_time,unix_time"));
    let error = run(&["chain", "--address", vault, "--output", &path]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn bad_arguments_are_named_before_anything_is_asked() {
    let folder = Folder::new("arguments");
    let path = folder.file("x.csv");
    let ask = |more: &[&str]| {
        let line = ["prices", "--base-url", "http://127.0.0.1:9", "--output", &path];
        run(&[&line[..], more].concat()).unwrap_err()
    };
    let cases: [(&[&str], &str); 4] = [
        (&["--from", "2024-11-24", "--to", "2024-11-23"], "--to: 2024-11-23T00:00Z is not after --from"),
        (
            &["--from", "2024-11-23", "--to", "2024-11-24", "--resolution", "7"],
            "--resolution: \"7\" is none of",
        ),
        (&["--from", "2024-11-23", "--to", "2024-11-24", "--symbol", "SOL=x"], "\"SOL\" is no column name"),
        (
            &["--source", "hermes", "--from", "2024-11-23", "--to", "2024-11-24", "--symbol", "sol_usdt=abc"],
            "price id: \"abc\" is not 64 hexadecimal digits",
        ),
    ];
    for (more, expected) in cases {
        let error = ask(more);
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
    let unreachable = ask(&["--from", "2024-11-23", "--to", "2024-11-24"]);
    assert_eq!(unreachable.exit_code(), 3);
    assert!(
        unreachable.to_string().starts_with("http://127.0.0.1:9/v1/shims/tradingview/history?"),
        "{unreachable}"
    );
    for line in [["--from", "soon"], ["--symbol", "sol"], ["--attempts", "0"]] {
        let line =
            ["engine", "fetch", "prices", "--output", "x", "--to", "2024-11-24"].iter().chain(&line).copied();
        assert!(Line::try_parse_from(line).is_err());
    }
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
}
