//! What the parser says of a text that cannot be used, without what must not be shown.

use std::borrow::Cow;

use super::lines::Lines;

/// What is wrong with a text, and where.
pub(super) struct Flaw {
    pub(super) line: Option<u64>,
    pub(super) key: Option<String>,
    pub(super) problem: String,
}

/// The parser's words without the value that they quote. Where a camera's address and password stand, the wrong text in
/// the wrong place may be either.
fn without_value(said: &str) -> String {
    for (before, quotes) in [("unknown variant ", '`'), ("string ", '"')] {
        if let Some((start, quoted)) = said.split_once(before)
            && let Some(quoted) = quoted.strip_prefix(quotes)
        {
            // What is expected stands behind it; a quote inside of the value must not end it early.
            let end = quoted.rfind(", expected").unwrap_or(quoted.len());
            return format!("{start}{before}***{}", quoted.get(end..).unwrap_or_default());
        }
    }
    said.to_owned()
}

/// What the parser says, in one line, with the key whose value it means.
pub(super) fn flaw_of(error: &serde_saphyr::Error, text: &str) -> Flaw {
    let said = match error {
        serde_saphyr::Error::DuplicateMappingKey { .. } => "this key stands twice".to_owned(),
        serde_saphyr::Error::NonFiniteFloat { .. } => "this is no number: expected a finite one".to_owned(),
        serde_saphyr::Error::MultipleDocuments { .. } => {
            "another document begins here: expected one, without `---` after its first line".to_owned()
        }
        _ => error.to_string(),
    };
    let said = said.lines().next().unwrap_or_default();
    let at = error.location();
    // Where it is stands before the key.
    let said = at.and_then(|_| said.rsplit_once(" at line ")).map_or(said, |(said, _)| said);
    let hint = if said.starts_with("tabs disallowed") { ": expected blanks" } else { "" };
    let problem = format!("{said}{hint}");
    let key = at.and_then(|at| Lines::of(text).key_at(at).map(str::to_owned));
    let problem = match &key {
        Some(key) if key.contains(".source") => without_value(&problem),
        _ => problem,
    };
    Flaw { line: at.map(|at| at.line()), key, problem }
}

/// A text without what stands before the `@` of an address, wherever the address stands.
pub(super) fn without_login(text: &str) -> Cow<'_, str> {
    let Some((before, after)) = text.split_once("://") else { return text.into() };
    // A password may hold blanks and quotes: the last @ counts.
    match after.rsplit_once('@') {
        Some((_, rest)) => format!("{before}://***@{rest}").into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_login_in_the_wrong_place_is_not_shown() {
        for source in [
            "rtsp://admin:canary@cam/1",
            "{ rtsp: \"rtsp://admin:canary@cam/1\" }",
            "{ rtsp: { address: \"rtsp://admin:canary@cam/1\" } }",
            "{ rtsp: { address: \"admin:canary@cam/1\" } }",
            "{ rtsp: { address: \"rtsp://admin:canary\" } }",
            "{ rtsp: { \"rtsp://admin:canary@cam/1\": 1 } }",
            "{ \"rtsp://admin:canary@cam/1\": 1 }",
            "{ rtsp: [\"rtsp://admin:canary@cam/1\"] }",
            "{ rtsp: { address: \"rtsp://cam/1\", credentials: canary } }",
            "{ rtsp: { address: \"rtsp://cam/1\", credentials: { user: a, password: canary } } }",
            "{ rtsp: { address: \"rtsp://cam/1\", credentials: { user: a, password: \"can`ary, x\" } } }",
            "{ rtsp: { address: \"rtsp://cam/1\", credentials: { user: a, password: 20261123 } } }",
            "{ rtsp: { address: \"rtsp://cam/1\", transport: canary } }",
            "{ rtsp: { address: \"rtsp://cam/1\", latency_ms: canary } }",
            "{ rtsp: { address: { canary: canary } } }",
            "{ rtsp: { address: rtsp://admin:canary@cam/1",
            "{ file: { path: a }, rtsp: rtsp://admin:canary@cam/1 }",
        ] {
            let text = format!("cameras:\n  - id: a\n    source: {source}\n");
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("cameras.yaml"), text).unwrap();
            let error = Config::load(Some(folder.path())).unwrap_err().to_string();
            assert!(
                !error.contains("canary") && !error.contains("can`ary") && !error.contains("20261123"),
                "{source}: {error}"
            );
        }
    }
}
