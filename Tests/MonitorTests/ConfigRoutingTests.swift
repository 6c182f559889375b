import Alerting
import Testing

@testable import Monitor

@Suite struct ConfigRoutingTests {
    @Test func `only, except, owner and send_resolved are taken`() throws {
        let channel = try configuration(
            someToken + """
                [channels.log]
                type = "syslog"
                only = ["expir*", "rejected"]
                except = ["expiring"]
                owner = ["platform*"]
                send_resolved = false
                """
        ).channels[0]
        #expect(
            channel.route.filter
                == EventFilter(
                    only: [Glob("expir*"), Glob("rejected")],
                    except: [Glob("expiring")],
                    owners: [Glob("platform*")],
                    sendsResolved: false
                )
        )
    }

    @Test func `a channel that its filters leave nothing is warned of`() throws {
        let folder = try ConfigFolder(
            """
            tokens.a = { secret_file = "/s", owner = "platform team" }
            tokens.b = { secret_file = "/s" }
            [channels.nothing]
            type = "syslog"
            only = ["expiring", "renamed"]
            except = ["expir*", "renamed"]
            [channels.nobody]
            type = "syslog"
            owner = ["web*"]
            [channels.platform]
            type = "syslog"
            owner = ["web*", "platform*"]
            [channels.mild]
            type = "syslog"
            min_severity = "warning"
            only = ["renamed", "unused"]
            """
        )
        #expect(
            try folder.warnings() == [
                "tokenwatchd.toml:3:11: channels.nothing gets no notifications: except excludes "
                    + "everything in only; change one of them",
                "tokenwatchd.toml:7:11: channels.nobody gets no notifications: no token has an "
                    + "owner that matches owner",
                "tokenwatchd.toml:13:11: channels.mild gets no notifications: nothing in only is as "
                    + "severe as min_severity, warning",
            ]
        )
    }
}
