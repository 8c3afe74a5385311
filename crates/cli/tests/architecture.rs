//! The import rule of ARCHITECTURE.md: which crate may know which, and what must never stand below the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Crate, and those it may import.
const ALLOWED: &[(&str, &[&str])] = &[
    ("schoolbell-domain", &[]),
    ("schoolbell-formats", &["schoolbell-domain"]),
    ("schoolbell-store", &["schoolbell-domain"]),
    ("schoolbell-gateways", &["schoolbell-formats", "schoolbell-domain"]),
    ("schoolbell-engine", &["schoolbell-gateways", "schoolbell-store", "schoolbell-formats", "schoolbell-domain"]),
    ("schoolbell-web", &["schoolbell-engine", "schoolbell-store", "schoolbell-formats", "schoolbell-domain"]),
    (
        "schoolbell",
        &[
            "schoolbell-web",
            "schoolbell-engine",
            "schoolbell-gateways",
            "schoolbell-store",
            "schoolbell-formats",
            "schoolbell-domain",
        ],
    ),
];

/// Rules and formats do no I/O, so nothing that does it may come in, not even through another crate.
const PURE: &[&str] = &["schoolbell-domain", "schoolbell-formats"];
const NOT_PURE: &[&str] =
    &["tokio", "async-std", "smol", "sqlx", "sqlx-core", "hyper", "reqwest", "ureq", "isahc", "axum"];

/// What the workspace says of itself: names, and who imports whom outside tests.
struct Graph {
    ours: BTreeSet<String>,
    imports: BTreeMap<String, BTreeSet<String>>,
}

fn graph() -> Result<Graph, Box<dyn std::error::Error>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names: BTreeMap<String, String> =
        list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let ours = list(&metadata["workspace_members"]).iter().map(|id| names[&text(id)].clone()).collect();
    let mut imports = BTreeMap::<String, BTreeSet<String>>::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let from = imports.entry(names[&text(&node["id"])].clone()).or_default();
        for dependency in list(&node["deps"]) {
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                from.insert(names[&text(&dependency["pkg"])].clone());
            }
        }
    }
    Ok(Graph { ours, imports })
}

/// All that a crate imports, through however many others.
fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for next in graph.imports.get(&name).into_iter().flatten() {
            if seen.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    seen
}

#[test]
fn crates_import_only_what_stands_to_their_right() {
    let graph = graph().unwrap();
    let known: BTreeSet<String> = ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(graph.ours, known, "a new crate needs its row in ARCHITECTURE.md and here");
    for (name, allowed) in ALLOWED {
        let imported: BTreeSet<&str> =
            graph.imports[*name].iter().filter(|other| graph.ours.contains(*other)).map(String::as_str).collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let wrong: Vec<_> = imported.difference(&allowed).collect();
        assert!(wrong.is_empty(), "{name} must not import {wrong:?}");
    }
}

#[test]
fn rules_and_formats_reach_no_runtime_no_database_and_no_http() {
    let graph = graph().unwrap();
    for name in PURE {
        let reached = reached(&graph, name);
        let wrong: Vec<_> = NOT_PURE.iter().filter(|other| reached.contains(**other)).collect();
        assert!(wrong.is_empty(), "{name} reaches {wrong:?}");
    }
    // The check can fail: what does I/O is found where it is meant to be.
    assert!(reached(&graph, "schoolbell-store").contains("tokio"));
    assert!(reached(&graph, "schoolbell-store").contains("sqlx-core"));
}

#[test]
fn tls_has_one_provider() {
    let graph = graph().unwrap();
    let reached = reached(&graph, "schoolbell");
    for banned in ["aws-lc-rs", "aws-lc-sys", "openssl-sys", "native-tls"] {
        assert!(!reached.contains(banned), "{banned} is in the tree; ring is the only provider");
    }
    assert!(reached.contains("ring"));
}
