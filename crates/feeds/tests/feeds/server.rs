//! A server that plays a script, and a clock that does not wait.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use ballast_feeds::http::Clock;
use ballast_feeds::{Base, Http, HttpConfig};

/// One answer of the script.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }

    pub fn fixture(name: &str) -> Self {
        Self::ok(fixture(name))
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

pub fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub url: String,
    pub body: String,
    pub authorization: Option<String>,
}

/// The server. Requests beyond the script are answered with 418, which no client retries.
pub struct Server {
    inner: Arc<tiny_http::Server>,
    asked: Arc<Mutex<Vec<Asked>>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn play(script: Vec<Reply>) -> Self {
        let inner = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (server, seen) = (inner.clone(), asked.clone());
        let thread = std::thread::spawn(move || {
            let mut script = script.into_iter();
            while let Ok(mut request) = server.recv() {
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body).unwrap();
                let header = request.headers().iter().find(|header| header.field.equiv("Authorization"));
                let authorization = header.map(|header| header.value.to_string());
                seen.lock().unwrap().push(Asked { url: request.url().to_owned(), body, authorization });
                let reply = script.next().unwrap_or_else(|| Reply::status(418, "not in the script"));
                let mut response =
                    tiny_http::Response::from_string(reply.body).with_status_code(reply.status);
                for (name, value) in reply.headers {
                    response.add_header(tiny_http::Header::from_bytes(name, value).unwrap());
                }
                request.respond(response).unwrap();
            }
        });
        Self { inner, asked, thread: Some(thread) }
    }

    pub fn base(&self) -> Base {
        Base::parse(&self.address()).unwrap()
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.inner.server_addr())
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.inner.unblock();
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Notes what it was told to wait for.
#[derive(Default)]
pub struct PatientClock(Mutex<(Duration, Vec<Duration>)>);

impl PatientClock {
    pub fn waits_millis(&self) -> Vec<u128> {
        self.0.lock().unwrap().1.iter().map(Duration::as_millis).collect()
    }
}

impl Clock for PatientClock {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().0
    }

    fn unix_now(&self) -> i64 {
        1_445_412_480
    }

    fn sleep(&self, time: Duration) {
        let mut state = self.0.lock().unwrap();
        state.0 += time;
        state.1.push(time);
    }
}

/// A client with that clock and no rate limit.
pub fn client() -> (Http, Arc<PatientClock>) {
    client_with(|_| {})
}

pub fn client_with(change: impl FnOnce(&mut HttpConfig)) -> (Http, Arc<PatientClock>) {
    let clock = Arc::new(PatientClock::default());
    let mut config =
        HttpConfig { min_interval: Duration::ZERO, timeout: Duration::from_secs(5), ..HttpConfig::default() };
    change(&mut config);
    (Http::with_clock(config, clock.clone()), clock)
}
