import Alerting
import Testing

struct ReachabilityTests {
    /// A token with a good answer at `start`, then `polls` failures within the next minute.
    private func silent(polls: Int, _ policy: Policy = Policy()) -> Watched {
        var watched = Watched(policy)
        _ = watched.tell(Facts(expiry: .never), at: start)
        for poll in 0..<polls {
            _ = watched.answer(silences[poll % 3], at: start + .seconds(10 * Int64(poll + 1)))
        }
        return watched
    }

    @Test
    func `no verdict for two hours and two polls is unreachable`() {
        var watched = silent(polls: 2)
        #expect(watched.pass(to: start + .hours(2) - .milliseconds(1)).isEmpty)
        #expect(watched.pass(to: start + .hours(2)).lines == ["unreachable raised warning"])
        #expect(watched.pass(to: start + .hours(2) + .milliseconds(1)).isEmpty)
    }

    @Test
    func `one failed poll is not enough, however long ago`() {
        var watched = silent(polls: 1)
        #expect(watched.pass(to: start + .days(9)).isEmpty)
        #expect(watched.state.nextWake(for: watched.settings, after: start) == nil)
        #expect(
            watched.answer(silences[0], at: start + .hours(3)).lines
                == ["unreachable raised warning"]
        )
    }

    @Test
    func `it is critical after a day`() {
        var watched = silent(polls: 5, Policy(remindWarning: .never))
        _ = watched.pass(to: start + .hours(2))
        #expect(watched.pass(to: start + .hours(24) - .milliseconds(1)).isEmpty)
        #expect(watched.pass(to: start + .hours(24)).lines == ["unreachable escalated critical"])
        var late = silent(polls: 2)
        #expect(late.pass(to: start + .hours(24)).lines == ["unreachable raised critical"])
    }

    @Test(arguments: silences)
    func `every kind of silence counts`(answer: Observation.Answer) {
        var watched = Watched()
        #expect(watched.answer(answer, at: start).isEmpty)
        #expect(watched.answer(answer, at: start + .hours(1)).isEmpty)
        #expect(
            watched.answer(answer, at: start + .hours(2)).lines == ["unreachable raised warning"]
        )
    }

    @Test
    func `a token that never answered is silent since its first poll`() {
        var watched = Watched()
        #expect(watched.look(.configured, at: start - .days(30)).isEmpty)
        _ = watched.answer(silences[0], at: start)
        _ = watched.answer(silences[0], at: start + .minutes(1))
        #expect(watched.state.nextWake(for: watched.settings, after: start) == start + .hours(2))
        #expect(watched.pass(to: start + .hours(2)).lines == ["unreachable raised warning"])
    }

    @Test
    func `a verdict from a future that was the clock's mistake does not hide the silence`() {
        var watched = Watched()
        _ = watched.tell(Facts(expiry: .never), at: start + .days(3650))
        _ = watched.answer(silences[0], at: start)
        _ = watched.answer(silences[0], at: start + .minutes(1))
        #expect(watched.pass(to: start + .hours(2)).lines == ["unreachable raised warning"])
    }

    @Test
    func `every answer resolves it and says how the host answers`() {
        for (answer, mended): (Observation.Answer, String) in [
            (.ok(Facts(expiry: .never)), "admin.vps.org answers again after 1 h"),
            (.rejected("status 401"), "admin.vps.org answers again, and rejects the token"),
            (.malformed("no JSON"), "admin.vps.org answers again, but not as documented"),
        ] {
            var watched = silent(polls: 2)
            _ = watched.pass(to: start + .hours(2))
            let events = watched.answer(answer, at: start + .hours(3))
            #expect(events.first?.line == "unreachable resolved warning")
            #expect(events.first?["mended"] == .text(mended))
        }
    }

    @Test
    func `an answer that cannot be read is malformed at once, and until one can`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(90)), at: start)
        let bad = Observation.Answer.malformed("/token/expires_at is \"soon\"")
        let events = watched.answer(bad, at: start + .hours(1))
        #expect(events.lines == ["malformed raised warning"])
        #expect(events.first?["error"] == .text("/token/expires_at is \"soon\""))
        #expect(watched.answer(bad, at: start + .hours(2)).isEmpty)
        #expect(watched.answer(silences[0], at: start + .hours(3)).isEmpty)
        #expect(watched.state.known?.expiry == .at(start + .days(90)))
        #expect(
            watched.tell(.expiring(start + .days(90)), at: start + .hours(4)).lines
                == ["malformed resolved warning"]
        )
    }

    @Test
    func `failures are counted in a row, refusals apart`() {
        var watched = Watched()
        func count(_ answer: Observation.Answer) -> Int {
            _ = watched.answer(answer, at: start)
            return watched.state.failures
        }
        #expect(count(.unreachable("a")) == 1)
        #expect(count(.serverError("b")) == 2)
        #expect(count(.malformed("c")) == 3)
        #expect(count(.rejected("d")) == 1)
        #expect(count(.rejected("d")) == 2)
        #expect(count(.rateLimited("e")) == 1)
        #expect(count(.ok(Facts(expiry: .never))) == 0)
        #expect(count(.rejected("d")) == 1)
    }
}
