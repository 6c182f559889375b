/// The files of the folder `Builtin`, which the build embeds: one line a provider.
///
/// The name is the file's, without `.toml`. A test compares this list with the folder.
enum BuiltinFiles {
    static let all: [(name: String, bytes: @Sendable () -> [UInt8])] = [
        ("addy.io", { PackageResources.addy_io_toml }),
        ("buildkite", { PackageResources.buildkite_toml }),
        ("circleci", { PackageResources.circleci_toml }),
        ("cloudflare", { PackageResources.cloudflare_toml }),
        ("cloudflare-account", { PackageResources.cloudflare_account_toml }),
        ("consul", { PackageResources.consul_toml }),
        ("datadog", { PackageResources.datadog_toml }),
        ("digitalocean", { PackageResources.digitalocean_toml }),
        ("discord", { PackageResources.discord_toml }),
        ("fastly", { PackageResources.fastly_toml }),
        ("github", { PackageResources.github_toml }),
        ("gitlab", { PackageResources.gitlab_toml }),
        ("hetzner", { PackageResources.hetzner_toml }),
        ("jwt", { PackageResources.jwt_toml }),
        ("linode", { PackageResources.linode_toml }),
        ("nomad", { PackageResources.nomad_toml }),
        ("pagerduty", { PackageResources.pagerduty_toml }),
        ("rfc7662", { PackageResources.rfc7662_toml }),
        ("sentry", { PackageResources.sentry_toml }),
        ("slack", { PackageResources.slack_toml }),
        ("snyk", { PackageResources.snyk_toml }),
        ("vault", { PackageResources.vault_toml }),
        ("vercel", { PackageResources.vercel_toml }),
        ("vps.org", { PackageResources.vps_org_toml }),
        ("vpsbg", { PackageResources.vpsbg_toml }),
        ("vultr", { PackageResources.vultr_toml }),
    ]
}
