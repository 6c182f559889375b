import Testing

@testable import Monitor

/// The names of this host that a TCP client may use.
struct OwnNamesTests {
    private func names(_ listen: String?, _ more: [String] = []) -> OwnNames {
        OwnNames(listen: listen.flatMap(ListenAddress.init(text:)), names: more)
    }

    @Test(arguments: [
        "localhost", "LOCALHOST:9873", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:9873",
    ])
    func `loopback is answered everywhere`(host: String) {
        for listen in [nil, "127.0.0.1:9873", "0.0.0.0:9873", "10.0.0.5:9873", "[::]:9873"] {
            #expect(names(listen).contain(host), "\(listen ?? "none")")
        }
    }

    @Test(arguments: ["10.0.0.5", "10.0.0.5:9873", "203.0.113.9:1", "[2001:db8::1]:9873", "[::]"])
    func `every address is answered where others can reach the listener`(host: String) {
        #expect(names("0.0.0.0:9873").contain(host))
        #expect(names("[::]:9873").contain(host))
        #expect(names("192.0.2.7:9873").contain(host))
        #expect(!names("127.0.0.1:9873").contain(host))
        #expect(!names(nil).contain(host))
    }

    @Test func `a listener on every address answers to the name of this machine`() throws {
        func names(_ listen: String) throws -> OwnNames {
            let listen = try #require(ListenAddress(text: listen))
            return OwnNames(listen: listen, hostname: "Vps-1")
        }
        #expect(try names("0.0.0.0:9873").contain("vps-1:9873"))
        #expect(try names("[::]:9873").contain("VPS-1."))
        #expect(try !names("127.0.0.1:9873").contain("vps-1"))
        #expect(try !names("0.0.0.0:9873").contain("vps-2"))
    }

    @Test func `the address listened on is answered, however it is spelled`() {
        #expect(names("127.0.0.2:9873").contain("127.0.0.2:9873"))
        #expect(names("[::1]:9873").contain("[0:0:0:0:0:0:0:1]:9873"))
    }

    @Test func `a name is answered if it is listed, in any case and with a final dot`() {
        let listed = names("0.0.0.0:9873", ["status.example.com"])
        for host in ["status.example.com", "STATUS.Example.com:9873", "status.example.com."] {
            #expect(listed.contain(host), "\(host)")
            #expect(names("127.0.0.1:9873", ["status.example.com"]).contain(host), "\(host)")
        }
        for host in [
            "evil.example", "x.status.example.com", "status.example.com.evil.example",
            "127.0.0.1.evil.example", "2130706433", "0x7f000001", "10.0.0", "10.0.0.5.", "",
            "[10.0.0.5]", "[::1", "::1",
        ] {
            #expect(!listed.contain(host), "\(host)")
        }
    }
}
