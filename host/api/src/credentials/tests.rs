use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::time::Duration;

use super::*;

#[derive(Debug, Default)]
struct HandClock(Mutex<Timestamp>);

impl HandClock {
    fn advance(&self, span: Duration) {
        let mut now = self.0.lock().expect("no panic while held");
        *now = now.plus(span);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no panic while held")
    }

    fn monotonic(&self) -> Duration {
        self.now().since(Timestamp::default())
    }
}

fn viewer(expires_at: Option<Timestamp>) -> NewCredential {
    NewCredential { name: "gate".to_owned(), role: Role::Viewer, cameras: None, expires_at }
}

#[test]
fn the_first_start_makes_one_admin_token_and_the_second_none() {
    let folder = tempfile::tempdir().expect("folder");
    let clock: Arc<dyn Clock> = Arc::new(HandClock::default());
    let (_, token) = Credentials::open(folder.path(), clock.clone()).expect("first start");
    let token = token.expect("the first start gives a token");
    assert_eq!((token.role, token.reveal().len()), (Role::Admin, TOKEN_CHARS));

    let path = folder.path().join("credentials.json");
    let mode = std::fs::metadata(&path).expect("file").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let text = std::fs::read_to_string(&path).expect("file");
    assert!(!text.contains(token.reveal()), "the file must not hold the token");
    assert!(!format!("{token:?}").contains(token.reveal()), "nor may a log line");

    let (credentials, again) = Credentials::open(folder.path(), clock).expect("second start");
    assert_eq!(again, None);
    let principal = credentials.authenticate(token.reveal()).expect("the token still holds");
    assert_eq!(principal.role, Role::Admin);
}

#[test]
fn a_token_holds_until_it_expires_or_is_revoked() {
    let folder = tempfile::tempdir().expect("folder");
    let clock = Arc::new(HandClock::default());
    let (credentials, _) = Credentials::open(folder.path(), clock.clone()).expect("open");
    let short = credentials.add(viewer(Some(Timestamp::from_micros(1_000_000)))).expect("add");
    let long = credentials.add(viewer(None)).expect("add");
    assert!(credentials.authenticate(short.reveal()).is_some());
    clock.advance(Duration::from_secs(1));
    assert_eq!(credentials.authenticate(short.reveal()), None, "it ends at expires_at");
    assert!(credentials.authenticate(long.reveal()).is_some());
    assert!(credentials.revoke(long.id).expect("revoke"));
    assert_eq!(credentials.authenticate(long.reveal()), None);
    assert!(!credentials.revoke(Uuid::nil()).expect("revoke"), "nothing has that id");

    let (reopened, _) = Credentials::open(folder.path(), clock).expect("reopen");
    assert_eq!(reopened.authenticate(long.reveal()), None, "a restart brings nothing back");
    assert_eq!(reopened.list().len(), 3);
}

#[test]
fn near_misses_are_no_tokens() {
    let folder = tempfile::tempdir().expect("folder");
    let (credentials, token) =
        Credentials::open(folder.path(), Arc::new(HandClock::default())).expect("open");
    let token = token.expect("first start").reveal().to_owned();
    let shorter = &token[..token.len() - 1];
    let swapped = format!("{}{}", &token[1..], &token[..1]);
    let lower = token.to_lowercase();
    for guess in ["", "ovr_", shorter, &format!("{token} "), &swapped, &lower] {
        assert_eq!(credentials.authenticate(guess), None, "{guess:?} was taken");
    }
}

#[test]
fn a_file_that_cannot_be_trusted_is_one_clear_error_and_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("credentials.json");
    let clock: Arc<dyn Clock> = Arc::new(HandClock::default());
    let cases = [
        ("", 0o600, "damaged"),
        ("{\"version\":1,\"credentials\":[{}]}", 0o600, "damaged"),
        ("{\"version\":2,\"credentials\":[]}", 0o600, "version 2"),
        ("{\"version\":1,\"credentials\":[]}", 0o644, "chmod 600"),
    ];
    for (text, mode, expected) in cases {
        std::fs::write(&path, text).expect("write");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("chmod");
        let error = Credentials::open(folder.path(), clock.clone()).expect_err("refused").to_string();
        assert!(error.contains(expected) && error.contains("credentials.json"), "{error}");
        assert!(!error.contains('\n'), "{error}");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), text, "it must not be replaced");
    }
}
