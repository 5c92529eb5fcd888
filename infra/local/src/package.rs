//! Artifacts: what the template points at, packed and put into the engine's S3 under the hash of its content.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use futures::stream::{self, StreamExt, TryStreamExt};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::digest::sha256_hex;
use crate::error::{LocalError, Result};
use crate::http;

/// The bucket of all artifacts.
pub const BUCKET: &str = "waybill-local-artifacts";
/// As many as there are uploads at a time; packing is bound by the processor.
const PARALLEL: usize = 4;

/// One artifact and the name that its content gives it. The bytes are packed only when they are uploaded.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// What the template points at.
    pub path: PathBuf,
    /// The object's key: a hash, so that unchanged content is unchanged for CloudFormation too.
    pub key: String,
}

/// Names the artifacts at these paths: a folder with a `bootstrap`, or a single file.
///
/// # Errors
/// A path that is neither or cannot be read.
pub async fn name_all(paths: Vec<PathBuf>) -> Result<Vec<Artifact>> {
    stream::iter(paths).map(|path| blocking(move || name(path))).buffered(PARALLEL).try_collect().await
}

/// Packs and uploads artifacts, and the template, to an engine.
#[derive(Clone, Debug)]
pub struct Uploader {
    client: reqwest::Client,
    engine_url: String,
    /// Packages by key: an engine that was started anew gets them without packing them again.
    packed: PathBuf,
}

impl Uploader {
    /// For the engine at this address, keeping packages in this folder; the bucket is made if it is missing.
    ///
    /// # Errors
    /// The folder cannot be made or the engine refuses.
    pub async fn new(engine_url: &str, packed: &Path) -> Result<Self> {
        std::fs::create_dir_all(packed).map_err(LocalError::io(format!("creating {}", packed.display())))?;
        let uploader =
            Self { client: http::root_client("s3")?, engine_url: engine_url.to_owned(), packed: packed.to_path_buf() };
        uploader.put("", Vec::new()).await?;
        Ok(uploader)
    }

    /// Uploads those that are not there yet and says how many that were.
    ///
    /// # Errors
    /// A file cannot be read or the engine refuses.
    pub async fn upload_all(&self, artifacts: &[Artifact], told: impl Fn(usize)) -> Result<usize> {
        let mut uploads =
            stream::iter(artifacts.to_vec()).map(|artifact| self.upload(artifact)).buffer_unordered(PARALLEL);
        let (mut done, mut sent) = (0, 0);
        while let Some(uploaded) = uploads.next().await {
            done += 1;
            sent += usize::from(uploaded?);
            told(done);
        }
        Ok(sent)
    }

    /// Uploads the template and answers with the address to deploy from: a body may have 51,200 bytes at most.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn upload_template(&self, text: &str) -> Result<String> {
        let key = format!("template-{}.json", sha256_hex(text.as_bytes()));
        self.put(&key, text.as_bytes().to_vec()).await?;
        Ok(self.address(&key))
    }

    async fn upload(&self, artifact: Artifact) -> Result<bool> {
        let there = self.client.head(self.address(&artifact.key)).send().await;
        if there.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(false);
        }
        let packed = self.packed.join(&artifact.key);
        let (key, bytes) =
            blocking(move || pack_once(&artifact.path, &packed).map(|bytes| (artifact.key, bytes))).await?;
        self.put(&key, bytes).await?;
        Ok(true)
    }

    /// Forgets all packages but these, here and in the engine, which keeps its objects in memory: a day's edits would fill it.
    /// `before` are the keys of the deployment before this one.
    pub async fn keep_only(&self, artifacts: &[Artifact], before: &[String]) {
        let kept = |key: &str| artifacts.iter().any(|artifact| artifact.key == key);
        for key in before.iter().filter(|key| !kept(key)) {
            // What cannot be removed costs memory and nothing else.
            self.client.delete(self.address(key)).send().await.ok();
        }
        let files = std::fs::read_dir(&self.packed).into_iter().flatten().flatten();
        for file in files.filter(|file| !kept(&file.file_name().to_string_lossy())) {
            std::fs::remove_file(file.path()).ok();
        }
    }

    /// The engine checks no signatures, so that a plain request does. The S3 client library is the largest of them all and would
    /// switch on features of the AWS runtime that no function needs, in every function.
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<()> {
        let context = format!("uploading {key} to the engine");
        let answer =
            self.client.put(self.address(key)).body(bytes).send().await.map_err(LocalError::engine(context.clone()))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        Err(LocalError::call(context, format!("{status} {text}")))
    }

    fn address(&self, key: &str) -> String {
        format!("{}/{BUCKET}/{key}", self.engine_url)
    }
}

fn name(path: PathBuf) -> Result<Artifact> {
    let (content, extension) = if path.is_dir() { (path.join("bootstrap"), "zip") } else { (path.clone(), "json") };
    let bytes = read(&content)?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Artifact { key: format!("{stem}-{}.{extension}", sha256_hex(&bytes)), path })
}

/// The package as it was kept, or packed now and kept.
fn pack_once(path: &Path, packed: &Path) -> Result<Vec<u8>> {
    if !path.is_dir() {
        return read(path);
    }
    if let Ok(bytes) = std::fs::read(packed) {
        return Ok(bytes);
    }
    let bytes = pack(path)?;
    let beside = packed.with_extension(format!("{}.new", std::process::id()));
    std::fs::write(&beside, &bytes)
        .and_then(|()| std::fs::rename(&beside, packed))
        .map_err(LocalError::io(format!("writing {}", packed.display())))?;
    Ok(bytes)
}

fn pack(path: &Path) -> Result<Vec<u8>> {
    zip_bootstrap(&read(&path.join("bootstrap"))?).map_err(LocalError::engine(format!("packing {}", path.display())))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        LocalError::blocked(
            format!("the template names {}, which cannot be read: {error}", path.display()),
            "a function's CodeUri is `../target/lambda/<folder below functions/>/`",
        )
    })
}

/// A package with one executable, packed for speed: it travels to this machine only.
fn zip_bootstrap(binary: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::with_capacity(binary.len() / 2)));
    writer.start_file("bootstrap", options)?;
    writer.write_all(binary)?;
    Ok(writer.finish()?.into_inner())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(LocalError::engine("packing"))?
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::io::{Cursor, Read};

    use super::zip_bootstrap;

    #[test]
    fn the_packed_program_is_whole_and_executable() {
        let binary: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let packed = zip_bootstrap(&binary).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode().unwrap() & 0o777, 0o755);
        let mut unpacked = Vec::new();
        entry.read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, binary);
    }

    #[test]
    fn the_same_program_gives_the_same_package() {
        assert_eq!(zip_bootstrap(b"x").unwrap(), zip_bootstrap(b"x").unwrap());
    }
}
