import Foundation
import Monitor
import Testing

@testable import Commands

/// Which provider a secret goes to.
@Suite struct IssuerTests {
    private func profile(_ name: String, prefixes: String) throws -> Profile {
        let text = """
            url = "https://api.example.com/me"
            headers = { Authorization = "Bearer {secret}" }
            secret_prefixes = [\(prefixes)]
            """
        return try ProfileFile.profile(Array(text.utf8), file: "p.toml", name: name)
    }

    private func refusal(_ secret: String, _ name: String, _ issuer: Issuer) throws -> String? {
        do {
            try issuer.check(try Secret(validating: secret.utf8), named: name) { "use \($0)" }
            return nil
        } catch let failure as Failure {
            #expect(!failure.reason.contains(secret))
            return failure.reason
        }
    }

    @Test func `a secret is recognised by the prefixes of the configuration, too`() throws {
        let corp = try profile("corp", prefixes: #""corp_", "ghp_""#)
        let issuer = Issuer(own: [corp])
        func provider(_ secret: String) throws -> String? {
            issuer.recognised(try Secret(validating: secret.utf8))?.provider
        }
        #expect(try provider("corp_0123456789") == "corp")
        #expect(try provider("ghp_0123456789") == "corp", "its own profile counts")
        #expect(try provider("glpat-0123456789") == "gitlab")
        #expect(try provider("0123456789") == nil)
    }

    @Test func `a built-in provider gets no secret of another one`() throws {
        let issuer = Issuer(own: [try profile("corp", prefixes: #""corp_", "ghp_""#)])
        #expect(try refusal("ghp_0123456789", "vps.org", issuer)?.contains("use corp") == true)
        #expect(try refusal("corp_0123456789", "vps.org", issuer)?.contains("use corp") == true)
        #expect(try refusal("ghp_0123456789", "github", issuer) == nil)
        #expect(try refusal("glpat-0123456789", "corp", issuer) == nil)
        #expect(try refusal("0123456789", "vps.org", issuer) == nil)
        #expect(
            try refusal("glpat-0123456789", "github", Issuer(own: []))?.contains("gitlab") == true
        )
    }

    @Test func `a JWT, and a secret that no provider takes, are named`() throws {
        func failure(_ text: String) throws -> String? {
            let secret = try Secret(validating: text.utf8)
            do throws(Failure) {
                return try Issuer(own: []).provider(of: secret)
            } catch {
                return error.reason
            }
        }
        #expect(
            try failure("eyJh.eyJi.c2ln")?.contains("name the provider: --provider jwt") == true
        )
        #expect(try failure("0123456789")?.contains("--provider vps.org") == true)
        #expect(
            try failure("gldt-0123456789")
                == "the secret begins with gldt-: it is a deploy token, which cannot read itself"
        )
        #expect(try failure("ghs_0123456789") == "github")
        #expect(try failure("hvb.0123456789") == "vault")
    }

    @Test func `the name of a provider may have capital letters`() {
        let issuer = Issuer(own: [])
        #expect(issuer.known("VPS.org") == "vps.org")
        #expect(issuer.known("github") == "github")
        #expect(issuer.known("githb") == nil)
    }
}

/// What commands say about the files and options of an entry.
@Suite struct EntryMessageTests {
    @Test func `a read-only file system is not called a lack of rights`() {
        func problem(_ code: Int32) -> String {
            ConfigurationEntry.problem(of: "/etc/tokenwatchd", code: code)
        }
        #expect(problem(EACCES).contains("permission denied; run the command with sudo"))
        #expect(problem(EROFS).hasPrefix("/etc/tokenwatchd: read-only file system; "))
        #expect(problem(ENOSPC) == "/etc/tokenwatchd: No space left on device")
    }

    @Test(arguments: [
        (
            ["--provider", "vault"],
            ["b: vault has no default address; add --base-url https://vault.example.com"]
        ),
        (
            ["--provider", "tailscale"],
            ["b: provider tailscale needs key_id; add --set key_id=VALUE"]
        ),
        (
            ["--provider", "tailscale", "--set", "keyid=3"],
            ["--set has no key keyid; did you mean \"key_id\"?"]
        ),
        (
            ["--provider", "gitlab", "--inventory"],
            ["b: gitlab lists no tokens; use --provider gitlab-group --set group=VALUE, or "]
        ),
        (
            ["--provider", "github", "--inventory"],
            ["b: github lists no tokens; see which do: tokenwatchd providers"]
        ),
    ])
    func `what an entry lacks is an option`(options: [String], starts: [String]) async throws {
        let folder = try Folder()
        let path = try folder.write("", to: "tokenwatchd.toml")
        let (status, printed) = await run(["add", "b"] + options + ["--config", path])
        #expect(status == 78)
        let lines = printed.errors.split(separator: "\n").map { String($0) }
        #expect(lines.count == starts.count, "\(lines)")
        for (line, start) in zip(lines, starts) {
            #expect(line.hasPrefix("tokenwatchd: \(start)"), "\(line)")
            #expect(!line.contains("secret_file"), "\(line)")
        }
    }

    @Test func `errors of a new entry name the options that made it`() async throws {
        let folder = try Folder()
        let path = try folder.write("", to: "tokenwatchd.toml")
        let (status, printed) = await run([
            "add", "b", "--provider", "VPS.ogr", "--base-url", "x", "--expires", "someday",
            "--config", path,
        ])
        #expect(status == 78)
        let lines = printed.errors.split(separator: "\n")
        #expect(lines.count == 3, "\(printed.errors)")
        #expect(printed.errors.contains("--provider is \"VPS.ogr\""), "\(printed.errors)")
        #expect(printed.errors.contains("did you mean \"vps.org\"?"), "\(printed.errors)")
        #expect(printed.errors.contains("tokenwatchd: --base-url: a URL"), "\(printed.errors)")
        #expect(printed.errors.contains("tokenwatchd: --expires is \"someday\""))
        #expect(!printed.errors.contains("b.toml"))
    }
}
