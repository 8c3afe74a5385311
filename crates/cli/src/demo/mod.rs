//! `schoolbell demo`: a made-up district, loaded through the real importer; carriers that are played inside.

mod attendance;
mod cast;
mod texting;
mod words;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::civil::Time;
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::commands::change_settings::change_settings;
use schoolbell_engine::{Actor, Engine};
use schoolbell_store::read;

use crate::config::{Config, TEMPLATE};
use crate::{house, init, logging, sample, serve};

const DISTRICT: &str = "Willow Creek Consolidated Schools";
const ZONE: &str = "America/Chicago";

#[derive(clap::Args)]
pub struct DemoArgs {
    /// Where the demo keeps its data; a second start finds it again
    #[arg(long, default_value = "data/demo", value_name = "FOLDER")]
    data: PathBuf,
    /// Address and port of this machine for the pages
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// How many times faster than life the carriers are played
    #[arg(long, default_value_t = 20.0)]
    speed: f64,
    /// Begin again: remove what an earlier demo left in the folder
    #[arg(long)]
    fresh: bool,
}

/// Makes or finds the demo's folder, then serves until it is stopped.
pub async fn demo(args: &DemoArgs) -> anyhow::Result<()> {
    if args.fresh {
        clear(&args.data)?;
    }
    house::make_folder(&args.data)?;
    let file = args.data.join("schoolbell.toml");
    let text = settings(args.listen, args.speed);
    std::fs::write(&file, &text).with_context(|| format!("{} cannot be written", file.display()))?;
    let config = Config::load(&file)?;
    logging::start(&config.log);

    let open = serve::open(&config, schoolbell_engine::Roles::all()).await?;
    if is_empty(&open.engine).await? {
        open_the_window(&open.engine).await?;
        println!("loading the sample district from its OneRoster zip …");
        let zip = sample::write_zip(&args.data)?;
        println!("{}", sample::import(&open.engine, &zip).await?);
        println!("{}", attendance::bring_in(&open.engine, &args.data).await?);
    }
    let links = cast::links(&open.engine, &config.web.public_url.0).await?;
    cast::set_up_the_app(&open.engine, open.settings.push.as_ref()).await?;
    let family = cast::family_link(&open.engine, &config.web.public_url.0).await?;
    println!("{}", words::welcome(&config.web.public_url.0, (&links, &family), &file));
    serve::run(open, serve::stop_signal()?).await
}

async fn is_empty(engine: &Engine) -> anyhow::Result<bool> {
    let mut view = engine.reader().read().await?;
    Ok(read::district::schools(&mut view).await?.is_empty())
}

/// Day and night, so that a demo in the evening shows invitations and their answers too.
async fn open_the_window(engine: &Engine) -> anyhow::Result<()> {
    let mut view = engine.reader().read().await?;
    let district = read::district::get_district(&mut view).await?;
    drop(view);
    let settings = DistrictSettings {
        window_opens: Time::constant(0, 0, 0, 0),
        window_closes: Time::constant(23, 59, 59, 0),
        ..district.settings
    };
    change_settings(engine, &Actor::command_line(), &district.name, &district.zone_name, &settings).await?;
    Ok(())
}

/// The template of `init` with the demo's own values: what is shown is what is real.
fn settings(listen: SocketAddr, speed: f64) -> String {
    let mut text =
        format!("# The demo's settings, written at each start.\n\n{}", init::fill(Some(DISTRICT), Some(ZONE)));
    let host = if listen.ip().is_unspecified() { format!("127.0.0.1:{}", listen.port()) } else { listen.to_string() };
    for (example, value) in [
        ("#listen = \"127.0.0.1:8080\"", format!("listen = \"{listen}\"")),
        ("#public_url = \"http://127.0.0.1:8080\"", format!("public_url = \"http://{host}\"")),
        ("#url = \"sqlite:data/schoolbell.db\"", "url = \"sqlite:schoolbell.db\"".to_owned()),
        ("#synchronous = \"full\"", "synchronous = \"normal\"".to_owned()),
        ("#upload_folder = \"data/uploads\"", "upload_folder = \"uploads\"".to_owned()),
        ("#filter = \"info\"", "filter = \"warn\"".to_owned()),
    ] {
        debug_assert!(TEMPLATE.contains(example), "{example} left the template");
        text = text.replacen(example, &value, 1);
    }
    let drills = [("sms", 100, 50), ("voice", 48, 10), ("push", 200, 100), ("email", 200, 100)];
    text + &drills.map(|(channel, window, per_second)| drill(channel, window, per_second, speed)).concat()
        // The e-mail drill is the last one: codes to sign in stand in the log, as no mailbox gets them.
        + "show_codes = true\n"
}

/// A gateway section. A faster life takes more a second too.
fn drill(channel: &str, window: u32, per_second: u32, speed: f64) -> String {
    let rate = f64::from(per_second) * (speed / 20.0).max(1.0);
    format!(
        "\n[gateways.drill-{channel}]\nkind = \"drill\"\nchannel = \"{channel}\"\nspeed = {speed:?}\n\
         window = {window}\nper_second = {rate:?}\n"
    )
}

/// Removes what a demo writes, and nothing else that may stand in the folder.
fn clear(folder: &Path) -> anyhow::Result<()> {
    for name in [
        "schoolbell.toml",
        "schoolbell.db",
        "schoolbell.db-wal",
        "schoolbell.db-shm",
        "schoolbell.db-serving",
        sample::ZIP_NAME,
        attendance::FILE,
    ] {
        let file = folder.join(name);
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("{} cannot be removed", file.display())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_s_settings_are_a_config_with_a_drill_for_each_channel() {
        let text = settings("127.0.0.1:9090".parse().unwrap(), 20.0);
        let config = Config::parse("demo", &text, Path::new("/tmp/demo")).unwrap();
        assert_eq!(config.gateways.len(), 4);
        assert_eq!(config.web.public_url.0, "http://127.0.0.1:9090");
        assert_eq!(config.database.url.from(&config.folder), "sqlite:/tmp/demo/schoolbell.db");
        assert_eq!(config.district.name, DISTRICT);
    }

    #[test]
    fn begin_again_removes_only_what_a_demo_writes() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["schoolbell.db", "thesis.txt"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        clear(folder.path()).unwrap();
        assert!(!folder.path().join("schoolbell.db").exists());
        assert!(folder.path().join("thesis.txt").exists());
    }
}
