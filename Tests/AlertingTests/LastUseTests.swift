import Alerting
import Testing

/// A token that nobody else may use, polled every hour.
private struct Canary {
    var watched = Watched()
    /// How far the provider's clock is ahead, and whether its answers have a `Date`.
    var ahead: Duration = .zero
    var hasDate = true

    init(unusedAfter: Duration? = nil) {
        watched.settings = TokenSettings(
            id: watched.settings.id,
            provider: TokenProvider(name: "vps.org", host: "admin.vps.org"),
            policy: Policy(),
            isCanary: unusedAfter == nil,
            unusedAfter: unusedAfter
        )
    }

    /// What ended the alerts that did.
    private(set) var mended: [String] = []

    var use: LastUse { watched.state.use }

    /// A good answer, a second after the question, that shows a last use.
    mutating func poll(_ now: Instant, shows used: Instant?, secret: UInt64 = 1) -> [String] {
        answer(.ok(Facts(expiry: .never, lastUsedAt: used)), now, secret)
    }

    mutating func fail(_ now: Instant) -> [String] { answer(.unreachable("timed out"), now, 1) }

    private mutating func answer(
        _ answer: Observation.Answer,
        _ now: Instant,
        _ secret: UInt64
    ) -> [String] {
        let end = now + .seconds(1)
        var observation = Observation.sample(answer, at: end, secret: secret)
        observation.askedAt = now
        if hasDate { observation.serverDate = end + ahead }
        let events = watched.look(.observed(observation, askedWith: 1), at: end)
        for detail in events.flatMap(\.details) where detail.key == "mended" {
            if case .text(let text) = detail.value { mended.append(text) }
        }
        return events.lines
    }
}

/// The hour, seven minutes past: no instant that anything is rounded to.
private func hour(_ count: Int64) -> Instant { start + .hours(count) + .minutes(7) + .seconds(13) }

struct LastUseTests {
    @Test
    func `a provider that stamps before it answers shows each poll itself, and hides all else`() {
        var canary = Canary()
        for count in 0..<2 {
            #expect(canary.poll(hour(Int64(count)), shows: hour(Int64(count))).isEmpty)
            #expect(canary.use.by == .own)
        }
        #expect(!canary.use.isHidden)
        #expect(canary.poll(hour(2), shows: hour(2)) == ["unobservable raised warning"])
        #expect(canary.use.isHidden)
        #expect(canary.poll(hour(3), shows: hour(3)).isEmpty)
        #expect(canary.use.elsewhereAt == nil)
        // An answer that shows another use proves that use can be seen.
        let used = hour(3) + .minutes(20)
        #expect(
            canary.poll(hour(4), shows: used)
                == ["unobservable resolved warning", "used_elsewhere raised critical"]
        )
    }

    @Test
    func `a provider that stamps after its answer shows the poll before, and use elsewhere`() {
        var canary = Canary()
        #expect(canary.poll(hour(0), shows: nil).isEmpty)
        #expect(canary.use.by == nil)
        for count in 1..<6 {
            #expect(canary.poll(hour(Int64(count)), shows: hour(Int64(count - 1))).isEmpty)
            #expect(canary.use.by == .own)
        }
        let used = hour(5) + .minutes(20)
        #expect(canary.poll(hour(6), shows: used) == ["used_elsewhere raised critical"])
        #expect(canary.use.by == .elsewhere)
        #expect(canary.use.elsewhereAt == used)
        // The daemon's own use hides it in the provider, not in the memory.
        #expect(canary.poll(hour(7), shows: hour(6)).isEmpty)
        #expect(canary.use.by == .own)
        #expect(canary.use.elsewhereAt == used)
    }

    @Test
    func `a provider to which polls are no use shows others' alone`() {
        var canary = Canary()
        #expect(canary.poll(hour(0), shows: nil).isEmpty)
        #expect(canary.poll(hour(1), shows: nil).isEmpty)
        let used = hour(1) + .minutes(20)
        #expect(canary.poll(hour(2), shows: used) == ["used_elsewhere raised critical"])
        #expect(canary.poll(hour(3), shows: used).isEmpty)
        #expect(canary.use.by == .elsewhere)
    }

    @Test(arguments: [60, 600, 3600, 86_400] as [Int64], [false, true])
    func `a stamp that is rounded down to a step is never called someone else's`(
        step: Int64,
        isBefore: Bool
    ) {
        for minutes in stride(from: 0, to: 60, by: 7) {
            for interval in [Duration.minutes(10), .hours(1), .hours(25)] {
                var canary = Canary()
                var last = start - .days(1)
                var now = start + .minutes(Int64(minutes)) + .seconds(29)
                for _ in 0..<60 {
                    let stamped = isBefore ? now : last
                    let seconds = stamped.seconds
                    _ = canary.poll(now, shows: Instant(seconds: seconds - seconds % step))
                    #expect(canary.use.by != .elsewhere, "\(step) \(minutes) \(interval)")
                    last = now
                    now = now + interval
                }
                #expect(canary.use.elsewhereAt == nil)
            }
        }
    }

    @Test
    func `a full minute that no poll lies in is someone else's`() {
        var canary = Canary()
        _ = canary.poll(hour(0), shows: nil)
        let used = start + .minutes(31)
        #expect(canary.poll(hour(1), shows: used) == ["used_elsewhere raised critical"])
    }

    @Test
    func `what was used before the first answer is unknown`() {
        var canary = Canary()
        #expect(canary.poll(hour(0), shows: start - .days(9)).isEmpty)
        #expect(canary.use.by == .unknown)
        #expect(canary.poll(hour(1), shows: start - .days(9)).isEmpty)
        #expect(canary.use.by == .unknown)
        // A use that goes back in time says nothing either.
        #expect(canary.poll(hour(2), shows: start - .days(10)).isEmpty)
        #expect(canary.use.by == .unknown)
    }

    @Test(arguments: [Duration.seconds(-121), .minutes(-1), .minutes(1), .seconds(120)])
    func `a provider's clock that is a little off is read by its Date`(ahead: Duration) {
        var canary = Canary()
        canary.ahead = ahead
        _ = canary.poll(hour(0), shows: nil)
        for count in 1..<4 {
            #expect(canary.poll(hour(Int64(count)), shows: hour(Int64(count - 1)) + ahead).isEmpty)
            #expect(canary.use.by == .own)
        }
        let used = hour(3) + .minutes(20) + ahead
        #expect(canary.poll(hour(4), shows: used) == ["used_elsewhere raised critical"])
    }

    @Test(arguments: [Duration.days(-400), .minutes(-10), .seconds(-122), .seconds(121), .hours(9)])
    func `a Date that differs by more than two minutes claims nothing of any use`(ahead: Duration) {
        // The provider stamps by another clock than the one that writes its dates.
        for stamped in [Duration.zero, ahead] {
            var canary = Canary()
            canary.ahead = ahead
            _ = canary.poll(hour(0), shows: nil)
            for count in 1..<5 {
                let last = hour(Int64(count - 1)) + stamped
                #expect(canary.poll(hour(Int64(count)), shows: last).isEmpty)
                #expect(canary.use.by == .unknown)
            }
            let used = hour(4) + .minutes(20) + stamped
            #expect(canary.poll(hour(5), shows: used).isEmpty)
            #expect(canary.use.by == .unknown)
            // The Date is right again: what the wrong one left open stays open.
            canary.ahead = .zero
            #expect(canary.poll(hour(6), shows: hour(5) + stamped).isEmpty)
            #expect(canary.use.elsewhereAt == nil)
        }
    }

    @Test
    func `once the Date is right again use elsewhere is seen again`() {
        var canary = Canary()
        canary.ahead = .minutes(10)
        _ = canary.poll(hour(0), shows: nil)
        _ = canary.poll(hour(1), shows: hour(0))
        canary.ahead = .zero
        _ = canary.poll(hour(2), shows: hour(1))
        let used = hour(2) + .minutes(20)
        #expect(canary.poll(hour(3), shows: used) == ["used_elsewhere raised critical"])
    }

    @Test(arguments: [Duration.days(-32 * 365), .days(32 * 365)])
    func `a Date decades away makes no token unused sooner or later`(ahead: Duration) {
        var canary = Canary(unusedAfter: .days(90))
        canary.ahead = ahead
        #expect(canary.poll(hour(0), shows: nil).isEmpty)
        #expect(canary.use.watchedSince == hour(0) + .seconds(1))
        let due = hour(0) + .seconds(1) + .days(90)
        #expect(canary.watched.pass(to: due - .milliseconds(1)).isEmpty)
        #expect(canary.watched.pass(to: due).lines == ["unused raised info"])
    }

    @Test
    func `without a Date two minutes are allowed, and the future is never someone else's`() {
        var canary = Canary()
        canary.hasDate = false
        _ = canary.poll(hour(0), shows: nil)
        _ = canary.poll(hour(1), shows: hour(0) + .seconds(121))
        #expect(canary.use.by == .own)
        _ = canary.poll(hour(2), shows: hour(2) + .hours(1))
        #expect(canary.use.by == .unknown)
        #expect(canary.use.elsewhereAt == nil)
        var strict = Canary()
        strict.hasDate = false
        _ = strict.poll(hour(0), shows: nil)
        _ = strict.poll(hour(1), shows: hour(0) + .seconds(122))
        #expect(strict.use.by == .elsewhere)
    }

    @Test
    func `polls that failed may have been use, and are remembered`() {
        var canary = Canary()
        _ = canary.poll(hour(0), shows: nil)
        _ = canary.fail(hour(1))
        _ = canary.fail(hour(2))
        #expect(canary.poll(hour(3), shows: hour(1)) == ["unreachable resolved warning"])
        #expect(canary.use.by == .own)
        // They are told by now: what comes after cannot lie in them.
        #expect(canary.use.unanswered.isEmpty)
    }

    @Test
    func `more failed polls than are remembered leave an uncertain time, and no longer`() {
        var canary = Canary()
        _ = canary.poll(hour(0), shows: nil)
        for count in 1...10 { _ = canary.fail(hour(Int64(count))) }
        #expect(canary.use.unanswered.count == 8)
        var other = canary
        _ = canary.poll(hour(11), shows: hour(1) + .minutes(1))
        #expect(canary.use.by == .unknown)
        #expect(
            other.poll(hour(11), shows: hour(2) + .minutes(20)).contains(
                "used_elsewhere raised critical"
            )
        )
    }

    @Test
    func `a poll that a stop in order cut short is remembered`() {
        var canary = Canary()
        _ = canary.poll(hour(0), shows: nil)
        #expect(
            canary.watched.look(.cancelled(askedAt: hour(1)), at: hour(1) + .seconds(1)).isEmpty
        )
        #expect(canary.watched.look(.configured, at: hour(2)).isEmpty)
        #expect(canary.poll(hour(3), shows: hour(1)).isEmpty)
        #expect(canary.use.by == .own)
    }

    @Test
    func `a poll of another program that was told of is no use elsewhere`() {
        var canary = Canary()
        _ = canary.poll(hour(0), shows: nil)
        let told = hour(0) + .minutes(30)
        let until = told + .seconds(15)
        #expect(canary.watched.look(.announced(until: until), at: told).isEmpty)
        var late = canary
        // By a clock that may be two minutes off.
        #expect(canary.poll(hour(1), shows: until + .minutes(2)).isEmpty)
        #expect(canary.use.by == .own)
        #expect(canary.use.unanswered.isEmpty)
        #expect(
            late.poll(hour(1), shows: until + .minutes(2) + .milliseconds(1))
                == ["used_elsewhere raised critical"]
        )
    }

    @Test(arguments: [-1, 0] as [Int64], [1, 2] as [UInt64])
    func `an own poll in the middle of another that was told of does not make it forgotten`(
        step: Int64,
        secret: UInt64
    ) {
        let isRemembered = step < 0
        var canary = Canary()
        _ = canary.poll(hour(0), shows: nil)
        let told = hour(0) + .minutes(30)
        let until = told + .seconds(15)
        _ = canary.watched.look(.announced(until: until), at: told)
        // The answer, also to a new secret, comes before the other poll has to be over, or not.
        let asked = until - .seconds(1) + .milliseconds(step)
        _ = canary.poll(asked, shows: nil, secret: secret)
        #expect(canary.use.unanswered.isEmpty != isRemembered)
        let used = until + .seconds(4)
        let lines = canary.poll(hour(1), shows: used, secret: secret)
        #expect(canary.use.by == (isRemembered ? .own : .elsewhere))
        #expect(lines == (isRemembered ? [] : ["used_elsewhere raised critical"]))
    }

    @Test
    func `after a daemon that was cut off nothing is claimed of the time before its start`() {
        var canary = Canary()
        _ = canary.poll(hour(0), shows: nil)
        canary.watched.state.use.uncertainUntil = hour(2)
        #expect(canary.poll(hour(2), shows: hour(1)).isEmpty)
        #expect(canary.use.by == .unknown)
        let used = hour(2) + .minutes(20)
        #expect(canary.poll(hour(3), shows: used) == ["used_elsewhere raised critical"])
    }

    @Test
    func `another secret begins anew`() {
        var canary = Canary()
        _ = canary.poll(hour(0), shows: nil)
        _ = canary.poll(hour(1), shows: hour(0) + .minutes(20))
        let lines = canary.poll(hour(2), shows: hour(1) + .minutes(20), secret: 2)
        #expect(lines.contains("used_elsewhere resolved critical"))
        #expect(canary.use.by == .unknown)
        #expect(canary.use.elsewhereAt == nil)
    }

    @Test
    func `what nobody used for so long is said on the millisecond, until someone does`() {
        var canary = Canary(unusedAfter: .days(90))
        _ = canary.poll(hour(0), shows: start - .days(300))
        let due = hour(0) + .seconds(1) + .days(90)
        let since = canary.use.watchedSince ?? start
        #expect(since + .days(90) == due)
        #expect(canary.watched.pass(to: since + .days(90) - .milliseconds(1)).isEmpty)
        #expect(canary.watched.pass(to: since + .days(90)).lines == ["unused raised info"])
        let lines = canary.poll(hour(2200), shows: hour(2199) + .minutes(20))
        #expect(lines == ["unused resolved info"])
    }

    @Test
    func `what ends unused though nobody used it is said as it is`() {
        func mended(_ poll: (inout Canary) -> Void) -> [String] {
            var canary = Canary(unusedAfter: .days(1))
            _ = canary.poll(hour(0), shows: nil)
            #expect(canary.watched.pass(to: hour(25)).lines == ["unused raised info"])
            poll(&canary)
            return canary.mended
        }
        #expect(
            mended { _ = $0.poll(hour(30), shows: nil, secret: 2) } == ["the secret was replaced"]
        )
        #expect(
            mended { canary in
                for count in 30..<33 {
                    _ = canary.poll(hour(Int64(count)), shows: hour(Int64(count)))
                }
            } == ["other use can no longer be detected"]
        )
        #expect(
            mended { _ = $0.poll(hour(30), shows: hour(29) + .minutes(20)) }
                == ["it was used elsewhere"]
        )
    }

    @Test
    func `what own polls hid is not called unused`() {
        var canary = Canary(unusedAfter: .days(1))
        for count in 0..<30 {
            let lines = canary.poll(hour(Int64(count)), shows: hour(Int64(count)))
            #expect(lines == (count == 2 ? ["unobservable raised warning"] : []))
        }
        // From here on use could be seen, and none was for an hour only.
        #expect(canary.poll(hour(30), shows: hour(29)) == ["unobservable resolved warning"])
        #expect(canary.watched.pass(to: hour(53)).isEmpty)
        #expect(canary.watched.pass(to: hour(55)).lines == ["unused raised info"])
    }
}
