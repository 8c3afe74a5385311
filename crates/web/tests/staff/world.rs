//! A small district behind the real pages: SQLite in a folder, drill carriers, and a browser without JavaScript.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::commands::change_settings::change_settings;
use schoolbell_engine::commands::create_user::{NewUser, create_user};
use schoolbell_engine::commands::family_portal::PortalDoors;
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::commands::restore_backup::restore_backup;
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::commands::sign_in_link::make_sign_in_link;
use schoolbell_engine::roster::{ImportRequest, Source};
use schoolbell_engine::speech::{EspeakNg, Speaker};
use schoolbell_engine::{Actor, Engine, run};
use schoolbell_formats::push::PushDoor;
use schoolbell_formats::twilio::Signer;
use schoolbell_gateways::Gateway;
use schoolbell_gateways::drill::{DrillConfig, DrillGateway};
use schoolbell_store::carry::{Onto, backup};
use schoolbell_store::read::district;
use schoolbell_store::{Db, Synchronous, migrate};
use schoolbell_web::{TwilioHook, WebSettings, router};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What the student information system signs launch links with.
pub const LAUNCH_SECRET: &str = "a secret of at least thirty-two letters";

/// What a program shows that brings absences in.
pub const ATTENDANCE_TOKEN: &str = "a token of the attendance tests";

/// The auth token of the account whose hooks are called.
pub const TWILIO_TOKEN: &str = "a token of the tests";

pub const STUDENTS: &str = "Student_Number,Last_Name,First_Name,Grade_Level,SchoolID,School_Name,Home_Phone,Home_Language,\
    Enroll_Status,Bus_Route_AM,Contact1_Name,Contact1_Relationship,Contact1_Mobile_Phone,Contact1_Email\n\
    1001,Ortega,Ana,3,101,Lincoln Elementary School,(512) 555-0143,en,0,12,Rosa Ortega,Mother,(512) 555-0144,rosa@example.org\n\
    1002,Ortega,Luis,5,101,Lincoln Elementary School,(512) 555-0143,en,0,,Rosa Ortega,Mother,(512) 555-0144,rosa@example.org\n\
    1003,Nguyễn,Mai,3,101,Lincoln Elementary School,(512) 555-0145,vi,0,12,Binh Nguyễn,Father,(512) 555-0146,binh@example.org\n\
    1004,Baker,Tom,9,201,Riverside High School,(512) 555-0147,en,0,,Joan Baker,Mother,(512) 555-0148,joan@example.org\n";

pub struct World {
    pub engine: Engine,
    /// Below the engine, to fill in what would take too long by commands.
    pub db: Db,
    pub pages: Router,
    folder: TempDir,
    pub stop: CancellationToken,
}

/// A browser: one cookie jar, no JavaScript.
pub struct Browser<'a> {
    world: &'a World,
    cookies: Vec<(String, String)>,
}

/// What came back, with the text of the page.
pub struct Answer {
    pub status: StatusCode,
    pub to: String,
    pub text: String,
    pub bytes: Vec<u8>,
    pub headers: axum::http::HeaderMap,
}

impl World {
    pub async fn new() -> Done<Self> {
        Self::of(STUDENTS).await
    }

    /// A district with these students.
    pub async fn of(students: &str) -> Done<Self> {
        let folder = tempfile::tempdir()?;
        let db = Db::open(&format!("sqlite:{}", folder.path().join("web.db").display()), Synchronous::Normal).await?;
        migrate::migrate(&db).await?;
        let engine = Engine::new(db.clone(), Arc::new(SystemClock), 1).reached_at("http://bell.example.org");
        let settings = DistrictSettings {
            program_name: "Pecan Alerts".to_owned(),
            help_contact: "512-555-0100".to_owned(),
            ..DistrictSettings::default()
        };
        let actor = Actor::command_line();
        set_up_district(&engine, &actor, "Pecan Valley ISD", "America/Chicago", &settings).await?;
        let roster = folder.path().join("students.csv");
        std::fs::write(&roster, students)?;
        import_roster(&engine, &actor, ImportRequest::of(Source::Path(roster))).await?;
        // espeak-ng itself: `scripts/setup` installs it.
        let voice = Arc::new(EspeakNg::new("espeak-ng", 150));
        let speaker = Speaker::new(voice, folder.path().join("speech"), "+15125550100");
        let speaker = speaker.with_recordings(engine.reader());
        let engine = engine.spoken_by(Arc::new(speaker));
        let pages = router(engine.clone(), served_from(folder.path()));
        Ok(Self { engine, db, pages, folder, stop: CancellationToken::new() })
    }

    /// A copy of this world, from a backup.
    pub async fn restored(&self) -> Done<Self> {
        let now = self.engine.now();
        let mut view = self.engine.reader().read().await?;
        let head = backup::head(&mut view, "test", now).await?;
        let file = backup::write(&mut view, &head, Vec::new(), |_| {}).await?;
        let folder = tempfile::tempdir()?;
        let db = Db::open(&format!("sqlite:{}", folder.path().join("web.db").display()), Synchronous::Normal).await?;
        let engine = Engine::new(db.clone(), Arc::new(SystemClock), 1);
        restore_backup(&engine, &Actor::command_line(), (file.as_slice(), Onto::Empty), |_| {}).await?;
        let pages = router(engine.clone(), served_from(folder.path()));
        Ok(Self { engine, db, pages, folder, stop: CancellationToken::new() })
    }

    /// What is not urgent may leave at any hour, so that a test does not depend on its own.
    pub async fn open_day_and_night(&self) -> Done {
        let settings = DistrictSettings {
            window_opens: jiff::civil::Time::constant(0, 0, 0, 0),
            window_closes: jiff::civil::Time::constant(23, 59, 59, 999_999_999),
            ..DistrictSettings::default()
        };
        let cli = Actor::command_line();
        change_settings(&self.engine, &cli, "Pecan Valley ISD", "America/Chicago", &settings).await?;
        Ok(())
    }

    /// Drill carriers that answer at once.
    pub fn start_carriers(&self) {
        let gateways = [Channel::Voice, Channel::Sms, Channel::Email].map(|channel| -> Arc<dyn Gateway> {
            let config = DrillConfig { speed: 10_000.0, per_second: 1_000.0, ..DrillConfig::of(channel) };
            Arc::new(DrillGateway::new(format!("drill-{channel}"), config))
        });
        tokio::spawn(run(self.engine.clone(), gateways.to_vec(), self.stop.clone()));
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn visitor(&self) -> Browser<'_> {
        Browser { world: self, cookies: Vec::new() }
    }

    /// Somebody of this role, at `Lincoln Elementary School` or in the whole district, signed in by a link.
    pub async fn signed_in(&self, role: Role, school: Option<&str>) -> Done<Browser<'_>> {
        self.signed_in_as(role, school, &format!("{}@example.org", role.word())).await
    }

    /// One of several of a role.
    pub async fn signed_in_as(&self, role: Role, school: Option<&str>, email: &str) -> Done<Browser<'_>> {
        let schools = district::schools(&mut self.engine.reader().read().await?).await?;
        let scope = match school {
            None => Scope::District,
            Some(name) => Scope::School(schools.iter().find(|row| row.name == name).ok_or("no such school")?.id),
        };
        let new = NewUser {
            name: format!("Dana {}", role.plain()),
            email: email.to_owned(),
            person: None,
            grants: vec![Grant { role, scope }],
        };
        self.signed_in_with(new).await
    }

    /// A new user, signed in by a link.
    pub async fn signed_in_with(&self, new: NewUser) -> Done<Browser<'_>> {
        let actor = Actor::command_line();
        let user = create_user(&self.engine, &actor, new).await?;
        let token = make_sign_in_link(&self.engine, &actor, user, SignedDuration::from_hours(1)).await?;
        let mut browser = self.visitor();
        let page = browser.get(&format!("/sign-in/link/{token}")).await?;
        browser.post(&format!("/sign-in/link/{token}"), &[("csrf", &page.csrf()?)]).await?;
        Ok(browser)
    }
}

fn served_from(folder: &Path) -> WebSettings {
    WebSettings {
        base_url: "http://bell.example.org".to_owned(),
        upload_folder: folder.to_owned(),
        max_upload_bytes: 8 * 1024 * 1024,
        attendance_token: Some(ATTENDANCE_TOKEN.to_owned()),
        twilio: vec![TwilioHook { gateway: "texts".to_owned(), signer: Signer::new(TWILIO_TOKEN) }],
        portal: PortalDoors { launch: Some(LAUNCH_SECRET.as_bytes().into()), oidc: None },
        push: Some(PushDoor { public_key: "BAbc".to_owned(), services: vec!["devices.invalid".to_owned()] }),
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Browser<'_> {
    pub async fn get(&mut self, path: &str) -> Done<Answer> {
        self.send(Request::builder().method(Method::GET).uri(path), Body::empty()).await
    }

    /// A form post, as a browser makes it.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Done<Answer> {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(pairs.join("&"))).await
    }

    /// A form with a file.
    pub async fn upload(&mut self, path: &str, fields: &[(&str, &str)], (name, bytes): (&str, &[u8])) -> Done<Answer> {
        let mut body = Vec::new();
        for (field, value) in fields {
            body.extend(format!("--B\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
        }
        let head = format!(
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend(bytes);
        body.extend(b"\r\n--B--\r\n");
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=B");
        self.send(request, Body::from(body)).await
    }

    /// A stream of events, as it comes.
    pub async fn listen(&self, path: &str) -> Done<axum::body::BodyDataStream> {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().uri(path).header(header::HOST, "bell.example.org");
        let request = request.header(header::COOKIE, jar.join("; ")).body(Body::empty())?;
        let answer = self.world.pages.clone().oneshot(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("{path} answered {}", answer.status()).into());
        }
        Ok(answer.into_body().into_data_stream())
    }

    pub async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Done<Answer> {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request =
            request.header(header::HOST, "bell.example.org").header(header::COOKIE, jar.join("; ")).body(body)?;
        let response = self.world.pages.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or("").to_owned();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(found, _)| found != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let to = parts.headers.get(header::LOCATION).map(|to| to.to_str().map(str::to_owned)).transpose()?;
        let bytes = to_bytes(body, 8 * 1024 * 1024).await?.to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer { status: parts.status, to: to.unwrap_or_default(), text, bytes, headers: parts.headers })
    }

    /// Looks again until the page says it, for ten seconds.
    pub async fn until(&mut self, path: &str, says: &str) -> Done<Answer> {
        for _ in 0..200 {
            let page = self.get(path).await?;
            if page.text.contains(says) {
                return Ok(page);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("{path} never said `{says}`").into())
    }
}

impl Answer {
    pub fn csrf(&self) -> Done<String> {
        self.field("csrf")
    }

    /// What the page's own script sends with what it posts.
    pub fn token(&self) -> Done<String> {
        let (_, rest) = self.text.split_once("data-csrf=\"").ok_or("no token")?;
        Ok(rest.split('"').next().unwrap_or("").to_owned())
    }

    /// The value of the first hidden field of a name.
    pub fn field(&self, name: &str) -> Done<String> {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\"")).ok_or(format!("no field {name}"))?;
        Ok(rest.split('"').next().unwrap_or("").to_owned())
    }

    /// What a person reads: no tags, one line for each element that holds text.
    pub fn words(&self) -> String {
        let body = self.text.split_once("<body").map_or(self.text.as_str(), |(_, body)| body);
        let mut out = String::new();
        for part in body.split('<').skip(1) {
            let text = part.split_once('>').map_or("", |(_, text)| text);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if !text.is_empty() {
                out.push_str(&text);
                out.push('\n');
            }
        }
        out
    }
}

fn coded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
