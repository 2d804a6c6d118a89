//! What flags say over a kubeconfig, under the names that kubectl gives them.

use std::path::PathBuf;
use std::time::Duration;

use kube::Config;

use super::ConnectError;

/// What flags say over a kubeconfig. What is `None` or empty leaves the kubeconfig's own value.
#[derive(Clone, Default)]
pub struct Overrides {
    /// Cluster in the kubeconfig; else the context's.
    pub cluster: Option<String>,
    /// User in the kubeconfig; else the context's.
    pub user: Option<String>,
    /// Address of the API server.
    pub server: Option<String>,
    /// Bearer token.
    pub token: Option<String>,
    /// Name for basic authentication.
    pub username: Option<String>,
    /// Password for basic authentication.
    pub password: Option<String>,
    /// Whom to act as.
    pub act_as: Option<String>,
    /// Groups to act as.
    pub as_groups: Vec<String>,
    /// Uid to act as.
    pub as_uid: Option<String>,
    /// File with the authorities that the server's certificate is checked against.
    pub certificate_authority: Option<PathBuf>,
    /// File with our certificate.
    pub client_certificate: Option<PathBuf>,
    /// File with the key of our certificate.
    pub client_key: Option<PathBuf>,
    /// Whether any certificate of the server is believed.
    pub insecure_skip_tls_verify: bool,
    /// Name that the server's certificate must carry.
    pub tls_server_name: Option<String>,
    /// Proxy on the way to the server.
    pub proxy_url: Option<String>,
    /// Whether answers are asked for uncompressed.
    pub disable_compression: bool,
    /// How long an answer may take.
    pub request_timeout: Option<Duration>,
}

impl Overrides {
    /// Puts what was said over `config`.
    pub(super) fn apply(&self, config: &mut Config) -> Result<(), ConnectError> {
        self.apply_to_server(config)?;
        self.apply_to_user(config);
        if let Some(timeout) = self.request_timeout {
            config.connect_timeout = Some(timeout);
            config.read_timeout = Some(timeout);
            config.reset_reader_on_write = true;
        }
        Ok(())
    }

    fn apply_to_server(&self, config: &mut Config) -> Result<(), ConnectError> {
        if let Some(server) = &self.server {
            config.cluster_url = address("--server", server)?;
        }
        if let Some(proxy) = &self.proxy_url {
            config.proxy_url = Some(address("--proxy-url", proxy)?);
        }
        if let Some(file) = &self.certificate_authority {
            config.root_cert_file = Some(file.clone());
        }
        if let Some(name) = &self.tls_server_name {
            config.tls_server_name = Some(name.clone());
        }
        config.accept_invalid_certs |= self.insecure_skip_tls_verify;
        config.disable_compression |= self.disable_compression;
        Ok(())
    }

    fn apply_to_user(&self, config: &mut Config) {
        let user = &mut config.auth_info;
        let path = |path: &PathBuf| Some(path.display().to_string());
        if self.token.is_some() || self.username.is_some() || self.client_certificate.is_some() {
            // Who says who he is does not want a program to be asked.
            (user.exec, user.auth_provider) = (None, None);
        }
        if let Some(token) = &self.token {
            user.token = Some(token.clone().into());
            user.token_file = None;
        }
        if let Some(name) = &self.username {
            user.username = Some(name.clone());
        }
        if let Some(password) = &self.password {
            user.password = Some(password.clone().into());
        }
        if let Some(file) = &self.client_certificate {
            user.client_certificate = path(file);
            user.client_certificate_data = None;
        }
        if let Some(file) = &self.client_key {
            user.client_key = path(file);
            user.client_key_data = None;
        }
        if let Some(name) = &self.act_as {
            user.impersonate = Some(name.clone());
        }
        if !self.as_groups.is_empty() {
            user.impersonate_groups = Some(self.as_groups.clone());
        }
        if let Some(uid) = &self.as_uid {
            user.impersonate_uid = Some(uid.clone());
        }
    }
}

/// An address as a flag gives it.
pub(super) fn address(flag: &'static str, text: &str) -> Result<http::Uri, ConnectError> {
    let unusable = |problem: String| ConnectError::Address { flag, value: text.to_owned(), problem };
    let uri: http::Uri = text.parse().map_err(|error: http::uri::InvalidUri| unusable(error.to_string()))?;
    if uri.scheme().is_none() { Err(unusable("it names no scheme".to_owned())) } else { Ok(uri) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::new("https://kubeconfig:6443".parse().unwrap())
    }

    #[test]
    fn what_is_not_said_leaves_the_kubeconfig_as_it_is() {
        let (mut changed, untouched) = (config(), config());
        Overrides::default().apply(&mut changed).unwrap();
        assert_eq!(changed.cluster_url, untouched.cluster_url);
        assert_eq!(changed.connect_timeout, untouched.connect_timeout);
        assert_eq!(format!("{:?}", changed.auth_info), format!("{:?}", untouched.auth_info));
    }

    #[test]
    fn what_is_said_wins_over_the_kubeconfig() {
        let mut config = config();
        config.auth_info.client_certificate_data = Some("from the kubeconfig".to_owned());
        config.auth_info.token_file = Some("from the kubeconfig".to_owned());
        let overrides = Overrides {
            server: Some("https://flag:6443".to_owned()),
            token: Some("t".to_owned()),
            act_as: Some("jane".to_owned()),
            as_groups: vec!["ops".to_owned()],
            as_uid: Some("7".to_owned()),
            certificate_authority: Some("/ca".into()),
            client_certificate: Some("/crt".into()),
            client_key: Some("/key".into()),
            insecure_skip_tls_verify: true,
            tls_server_name: Some("name".to_owned()),
            proxy_url: Some("http://proxy:3128".to_owned()),
            disable_compression: true,
            request_timeout: Some(Duration::from_secs(7)),
            ..Overrides::default()
        };
        overrides.apply(&mut config).unwrap();
        let user = &config.auth_info;
        assert_eq!(config.cluster_url, "https://flag:6443/");
        assert_eq!(config.proxy_url.unwrap(), "http://proxy:3128/");
        assert_eq!(config.root_cert_file, Some("/ca".into()));
        assert_eq!(config.tls_server_name.as_deref(), Some("name"));
        assert_eq!(config.read_timeout, Some(Duration::from_secs(7)));
        assert!(config.accept_invalid_certs && config.disable_compression);
        assert_eq!(
            (user.client_certificate.as_deref(), user.client_key.as_deref()),
            (Some("/crt"), Some("/key"))
        );
        assert!(user.client_certificate_data.is_none() && user.token_file.is_none() && user.token.is_some());
        assert_eq!((user.impersonate.as_deref(), user.impersonate_uid.as_deref()), (Some("jane"), Some("7")));
        assert_eq!(user.impersonate_groups, Some(vec!["ops".to_owned()]));
    }

    #[test]
    fn an_address_that_is_none_is_named_with_its_flag() {
        let overrides = Overrides { server: Some("cluster:6443".to_owned()), ..Overrides::default() };
        let message = overrides.apply(&mut config()).unwrap_err().to_string();
        assert!(message.contains("--server") && message.contains("cluster:6443"), "{message}");
    }
}
