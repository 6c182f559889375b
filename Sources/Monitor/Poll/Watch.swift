package import Alerting
import CLinux
import Dispatch

/// Watches the tokens: polls them when they are due and evaluates what comes back.
///
/// It owns the tokens' states and the schedule, and shares its queue with the HTTP client, so that
/// an answer is read where it arrives. What it decides is gathered and committed by `run`.
package actor Watch {
    /// What the watch needs of the world.
    package struct Ports: Sendable {
        /// The time that counts.
        package let clock: @Sendable () -> Now
        package let credible: CredibleClock
        /// What the machine's clocks show.
        let machineClock: @Sendable () -> Now
        /// Whether the kernel holds the clock synchronised that shows an instant now.
        let isSynchronised: @Sendable (Instant) -> Bool
        /// On the watch's own executor.
        package fileprivate(set) var client: HTTPClient
        package let secrets: SecretReader
        /// The key of the secrets' digests.
        package let digestKey: [UInt8]

        /// - Parameters:
        ///   - clock: the machine's.
        ///   - isSynchronised: whether the kernel holds the clock synchronised that shows an instant.
        ///   - client: on the watch's own executor.
        ///   - secrets: reads those of the tokens.
        ///   - digestKey: of their digests.
        package init(
            clock: @escaping @Sendable () -> Now,
            isSynchronised: @escaping @Sendable (Instant) -> Bool = {
                SystemClock.isSynchronised(showing: $0)
            },
            client: HTTPClient,
            secrets: SecretReader,
            digestKey: [UInt8]
        ) {
            let credible = CredibleClock(clock)
            self.credible = credible
            self.clock = { credible.now() }
            machineClock = clock
            self.isSynchronised = isSynchronised
            self.client = client
            self.secrets = secrets
            self.digestKey = digestKey
        }
    }

    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private(set) var ports: Ports
    var polling: PollingSettings
    var roster = Roster([])
    /// The state of each slot.
    var states: [TokenState] = []
    var schedule = Schedule(hosts: [], concurrency: 1, perHost: 1)
    var flights: [Int: Flight] = [:]
    var refusals: [Int: Refusal] = [:]
    var sharedFacts = SharedFacts()
    var holders = SecretHolders(count: 0)
    /// What hosts and the daemon are judged by.
    var policy = Policy()
    var subjectAlerts: [AlertSubject: [Alert]] = [:]
    /// What was last said of them, in this run.
    var subjectFindings: [AlertSubject: [Condition: Finding]] = [:]
    /// Whom they tell, where it is not `policy`.
    var subjectPolicies: [AlertSubject: Policy] = [:]
    /// What the next run has to know of the channels, by their names.
    var channelMarks: [String: ChannelMark] = [:]
    /// What is left out of notifications for a while.
    var mutes = MuteBook()
    /// Tokens that are left alone since an answer asked for it.
    var limited: [TokenID: Refusal] = [:]
    var limits = RateLimits()
    var pace = PaceWatch()
    var nextPaceCheck = Moment.never
    var clock: ClockWatch
    var lastClockReport: ClockWatch.Report?
    /// Whose time counts, as was notified last.
    var toldBelief: ClockWatch.Belief?
    /// Counts the sweeps of each kind that were begun or ended.
    var sweepRounds: [Sweep: Int] = [:]
    /// The sweep that waits for a commit, and where it goes on.
    var waitingSweep: (start: Int, round: Int)?
    /// The configuration that tokens are still to learn of; nil once all have.
    var takeover: Takeover?
    /// Polls that were made while the clock was doubted, and when.
    var doubtedPolls: [(token: TokenID, askedAt: Moment)] = []
    /// Whose trouble it is that tokens are in.
    var hosts = HostBook()
    var ids: EventIDs
    var pending = PendingWrites()
    var tally = Tally()
    var resources = ResourceWatch()
    var random: SplitMix64

    /// The one timer; nil until `start`, for Dispatch traps when one that never ran is released.
    private var timer: (any DispatchSourceTimer)?
    private(set) var armedFor = Moment.never
    private var lastFlight: UInt64 = 0
    private var isPumpQueued = false
    private(set) var hasStarted = false
    private(set) var isStopping = false
    /// `run`, while it waits for something to commit.
    private var committer: CheckedContinuation<Void, Never>?
    /// Who waits for the next commit, and is told why it failed.
    var commitWaiters: [CheckedContinuation<String?, Never>] = []
    /// Whether `run` has returned: nothing more is written.
    private(set) var hasEnded = false
    /// Why the last commit failed; nil when it did not.
    private var storeProblem: String?
    /// The rows of the state that could not be read in this run.
    private var unreadableRows = UnreadableRows()
    /// Since when something waits to be written; nil while nothing does.
    private(set) var unwrittenSince: Moment?

    /// More work than this is divided, so that others get their turn on the queue.
    private static let maximumWorkPerTurn = 256

    /// Events in memory while the store fails; some 2 KiB each.
    private static let mostUnwrittenEvents = 10_000

    /// From so many states in one commit on, some 600 KiB, it is worth tidying up after it.
    private static let muchToWrite = 500

    package init(
        executor: QueueExecutor,
        ports: Ports,
        polling: PollingSettings,
        ids: EventIDs,
        seed: UInt64
    ) {
        self.executor = executor
        self.ports = ports
        self.polling = polling
        clock = ClockWatch(at: ports.machineClock())
        self.ids = ids
        random = SplitMix64(state: seed)
    }

    /// Lets the timer run; nothing is polled before.
    package func start() {
        let timer = DispatchSource.makeTimerSource(queue: executor.queue)
        timer.setEventHandler { [weak self] in
            self?.assumeIsolated {
                $0.armedFor = .never
                $0.pump()
            }
        }
        timer.activate()
        self.timer = timer
        hasStarted = true
        pump()
    }

    /// Polls through another client from now on; the polls in flight are to be cancelled first.
    package func use(_ client: HTTPClient) {
        cancelFlights()
        ports.client.assumeIsolated { $0.shutdown() }
        ports.client = client
    }

    /// Ends all polls; `run` writes what is left and returns.
    package func stop() {
        isStopping = true
        timer?.cancel()
        cancelFlights()
        ports.client.assumeIsolated { $0.shutdown() }
        wakeCommitter()
    }

    func cancelFlights() {
        let calls = flights.values.compactMap(\.call)
        let now = ports.clock()
        for (slot, flight) in flights {
            if clock.doubt != nil { noteDoubtedPoll(of: slot, flight) }
            apply(slot, .cancelled(askedAt: flight.askedAt(now)), now)
        }
        flights.removeAll()
        ports.client.assumeIsolated { client in
            for call in calls { client.cancel(call) }
        }
    }

    // MARK: - Polling

    /// Does what is due and sleeps until something is.
    func pump() {
        guard hasStarted, !isStopping else { return }
        // Before anything is reminded of: a clock that was set may make it due.
        keepTime()
        let now = ports.clock()
        var work = 0
        while work < Self.maximumWorkPerTurn, let due = schedule.next(at: now.moment) {
            work += 1
            switch due {
            case .wake(let slot): apply(slot, .timePassed, now)
            case .poll(let slot): poll(slot, now)
            }
        }
        endMutes(now)
        decideHosts(now)
        checkPace(now)
        checkResources(now)
        if clock.doubt == nil { remindSubjects(now) }
        introduceChannels(now)
        arm(now)
    }

    /// Does it in a turn of its own, once for any number of reasons.
    func pumpSoon() {
        guard !isPumpQueued else { return }
        isPumpQueued = true
        executor.queue.async { [weak self] in
            self?.assumeIsolated {
                $0.isPumpQueued = false
                $0.pump()
            }
        }
    }

    /// Has the timer set even for the moment it was set for.
    func armAnew() { armedFor = .never }

    private func arm(_ now: Now) {
        let subjectWake = subjectAlerts.values.compactMap(\.nextWake).min()
        let next = min(
            schedule.nextMoment(after: now.moment),
            subjectWake.map(now.moment(of:)) ?? .never,
            mutes.nextEnd(at: now.instant).map(now.moment(of:)) ?? .never,
            hosts.nextDecision,
            nextPaceCheck,
            resources.endsAt,
            clock.waitEndsAt
        )
        guard next != armedFor else { return }
        armedFor = next
        guard next != .never else {
            timer?.schedule(deadline: .distantFuture)
            return
        }
        let wait = max(.zero, next - now.moment)
        // A hundredth late does no harm, and lets the kernel wake for several things at once.
        let leeway = min(1000, wait.milliseconds / 100)
        timer?.schedule(
            deadline: .now() + .milliseconds(Int(wait.milliseconds)),
            leeway: .milliseconds(Int(leeway))
        )
    }

    private func poll(_ slot: Int, _ now: Now) {
        let token = roster.tokens[slot]
        let reading: SecretReader.Reading
        do {
            reading = try ports.secrets.read(token.secret)
        } catch {
            if error.isShortage { return putOff(slot, "\(error)", now) }
            return lacksSecret(slot, "\(error)", now)
        }
        let digest = reading.secret.digest(key: ports.digestKey)
        note(slot, holds: digest, now)
        if let refusal = refusals[slot] {
            if refusal.secret == digest, now.moment < refusal.until {
                return schedule.finished(slot, next: nextLook(slot, refusal, now))
            }
            refusals[slot] = nil
        }
        if let limit = limit(of: slot, digest, now) {
            schedule.finished(slot, next: nextLook(slot, limit, now))
            return skipForHost(slot, now)
        }
        let request: ProviderRequest?
        do {
            request = try token.access.request(secret: reading.secret, ports.secrets)
        } catch {
            if error.isShortage { return putOff(slot, "\(error)", now) }
            return lacksSecret(slot, "\(error)", now)
        }
        lastFlight += 1
        let number = lastFlight
        flights[slot] = Flight(
            number: number,
            startedAt: now.moment,
            secret: reading.secret,
            digest: digest,
            identity: reading.identity
        )
        guard let request else {
            let answer = token.access.reader.read(
                secret: reading.secret.reveal(),
                at: now.instant
            )
            return conclude(slot, answer, serverDate: nil, now)
        }
        let call = HTTPCall(
            url: request.url,
            method: request.method,
            headers: request.headers,
            body: request.body,
            connectTimeout: min(.seconds(10), polling.timeout),
            timeout: polling.timeout
        )
        flights[slot]?.call = ports.client.assumeIsolated { client in
            client.start(call) { [weak self] result in
                self?.assumeIsolated { $0.answered(slot, flight: number, result) }
            }
        }
    }

    private func answered(_ slot: Int, flight number: UInt64, _ result: HTTPResult) {
        guard let flight = flights[slot], flight.number == number, !isStopping else { return }
        var now = ports.clock()
        let token = roster.tokens[slot]
        if ports.secrets.identity(of: token.secret) != flight.identity {
            // The answer is about a secret that is not the token's any more; or it is, in a file that
            // was written anew, and then this poll was a use of it.
            flights[slot] = nil
            apply(slot, .cancelled(askedAt: flight.askedAt(now)), now)
            schedule.finished(slot, next: now.moment)
            return pump()
        }
        if case .failure(let failure) = result, failure.kind == .shortage {
            putOff(slot, failure.message, now)
            return pump()
        }
        resources.polled()
        var answer = token.access.judge(result, secret: flight.secret, at: now.instant)
        var serverDate: Instant?
        if case .answer(let response) = result {
            serverDate = response.headers["Date"]
                .flatMap { Instant(httpDate: $0, now: now.instant) }
            honour(response, to: slot, now)
            // A provider is polled over TLS or on loopback (`BaseURL`): nobody else wrote the date.
            let evidence = ClockEvidence(
                date: serverDate,
                age: response.headers["Age"],
                facts: answer.facts
            )
            note(evidence, of: token.settings.host, now)
        }
        if isDoubted(slot, now) { return pump() }
        let later = ports.clock()
        if later.instant - now.instant != later.moment - now.moment {
            // It moved the time: an expiry may be counted from it.
            answer = token.access.judge(result, secret: flight.secret, at: later.instant)
        }
        now = later
        conclude(slot, answer, serverDate: serverDate, now)
        pump()
    }

    private func conclude(
        _ slot: Int,
        _ answer: Observation.Answer,
        serverDate: Instant?,
        _ now: Now
    ) {
        guard let flight = flights.removeValue(forKey: slot) else { return }
        let observation = Observation(
            askedAt: flight.askedAt(now),
            answeredAt: now.instant,
            answer: shared(answer),
            secret: flight.digest,
            serverDate: serverDate
        )
        let took = now.moment - flight.startedAt
        tally.polls.note(observation.outcome, took: took)
        pace.note(observation.outcome, of: roster.tokens[slot].settings.host, took: took)
        let askedWith = roster.tokens[slot].access.askedWith
        apply(slot, .observed(observation, askedWith: askedWith), now)
        schedule.finished(slot, next: nextPoll(slot, observation, now))
    }

    private func shared(_ answer: Observation.Answer) -> Observation.Answer {
        guard case .ok(let facts) = answer else { return answer }
        return .ok(sharedFacts.shared(facts))
    }

    private func nextPoll(_ slot: Int, _ observation: Observation, _ now: Now) -> Moment {
        let settings = roster.tokens[slot].settings
        switch observation.outcome {
        case .ok:
            return now.moment(of: nextPhase(settings, now.instant))
        case .malformed where states[slot].awaitsSecondPoll:
            return now.moment + settings.policy.confirmAfter
        case .rejected:
            let wait =
                states[slot].awaitsSecondPoll
                ? settings.policy.confirmAfter
                : Cadence.rejectedWait(
                    failures: states[slot].failures,
                    interval: settings.interval
                )
            let refusal = Refusal(secret: observation.secret, until: now.moment + wait)
            refusals[slot] = refusal
            return nextLook(slot, refusal, now)
        case .unreachable, .serverError, .rateLimited, .malformed:
            return now.moment
                + Cadence.retryWait(
                    failures: states[slot].failures,
                    interval: settings.interval,
                    jitter: Double.random(in: 0...1, using: &random)
                )
        }
    }

    /// A refused token's secret is looked at once an interval: a new one is polled at once.
    private func nextLook(_ slot: Int, _ refusal: Refusal, _ now: Now) -> Moment {
        min(refusal.until, now.moment + roster.tokens[slot].settings.interval)
    }

    func nextPhase(_ settings: TokenSettings, _ now: Instant) -> Instant {
        Cadence.nextPhase(
            of: settings.id.stableHash,
            interval: settings.interval,
            after: now
        )
    }

    private func lacksSecret(_ slot: Int, _ problem: String, _ now: Now) {
        note(slot, holds: nil, now)
        if states[slot].secretProblem != problem { apply(slot, .noSecret(problem), now) }
        skipForHost(slot, now)
        // Looking costs one system call, and whoever mends the file is waiting.
        let wait = min(Duration.minutes(1), roster.tokens[slot].settings.interval)
        schedule.finished(slot, next: now.moment + wait)
    }

    // MARK: - Evaluating and committing

    /// Evaluates one occasion for one token, and notes what it changed.
    ///
    /// With `own` that trouble is not its host's, as others have shown; `mute` is what the mutes say of
    /// it unless something else is given.
    func apply(
        _ slot: Int,
        _ occasion: Occasion,
        _ now: Now,
        own: HostTrouble? = nil,
        mute: MuteStanding? = nil
    ) {
        guard clock.doubt == nil else { return }
        let settings = roster.tokens[slot].settings
        let old = states[slot]
        let host = hosts.standing(of: slot, own: own)
        let evaluation = evaluate(
            old,
            occasion,
            settings,
            host: host,
            spread: clock.spread(of: settings.host),
            mute: mute ?? mutes.standing(of: settings),
            at: now.instant,
            ids: &ids
        )
        if evaluation.state != old || evaluation.startsSpan {
            tally.remove(old)
            tally.add(evaluation.state)
            states[slot] = evaluation.state
            pending.note(settings.id, from: old, startsSpan: evaluation.startsSpan)
        }
        record(evaluation.events)
        noteHost(of: slot, from: old, evaluation, isPoll: occasion.isPoll, now)
        planWake(slot, now)
        wakeCommitter()
    }

    func planWake(_ slot: Int, _ now: Now) {
        let settings = roster.tokens[slot].settings
        let wake = states[slot].nextWake(
            for: settings,
            spread: clock.spread(of: settings.host),
            after: now.instant
        )
        schedule.plan(slot, wake: wake.map(now.moment(of:)) ?? .never)
    }

    /// Notes which secret a token holds now, and what that means for others with the same.
    func note(_ slot: Int, holds digest: SecretDigest?, _ now: Now) {
        for touched in holders.note(slot, holds: digest) {
            let other = holders.companion(of: touched).map { roster.tokens[$0].settings.id }
            if states[touched].duplicateOf != other { apply(touched, .duplicate(other), now) }
        }
    }

    func wakeCommitter() {
        guard isStopping || !pending.isEmpty else { return }
        if unwrittenSince == nil, !pending.isEmpty { unwrittenSince = ports.clock().moment }
        committer?.resume()
        committer = nil
    }

    /// Commits what is decided, until `stop`: nothing is told before it is written.
    ///
    /// A commit that fails is tried again and loses nothing. Meanwhile events are sent from memory.
    ///
    /// - Parameters:
    ///   - write: one transaction.
    ///   - committed: told of the events that are on the disk.
    ///   - failed: told why they are not, and how many events there was no more room for.
    ///   - send: tells channels of events that cannot be written; returns who was.
    package func run(
        commit write: @Sendable (Commit) async throws -> Void,
        committed: @Sendable ([Event]) async -> Void,
        failed: @Sendable (_ error: any Error, _ dropped: Int) async -> Void,
        sendUnwritten send: @Sendable ([Event]) async -> [EventID: Set<String>]
    ) async {
        var failures = 0
        var hasWrittenMuch = false
        defer {
            hasEnded = true
            answer(commitWaiters, problem: "the daemon stops")
            commitWaiters = []
        }
        while true {
            if pending.isEmpty {
                // A sweep leaves the heap several times as large as what is kept.
                if hasWrittenMuch { clinux_trim_heap() }
                hasWrittenMuch = false
                if isStopping { return }
                await withCheckedContinuation { committer = $0 }
                continue
            }
            if pending.events.isEmpty && !isStopping {
                // Polls that changed nothing can wait for each other; one transaction holds many.
                try? await Task.sleep(for: .milliseconds(100))
            }
            let waiters = commitWaiters
            commitWaiters = []
            let commit = pending.take(at: ports.clock().instant) { id in
                roster.slot(of: id).map { states[$0] }
            }
            do {
                try await write(commit)
                failures = 0
                unwrittenSince = pending.isEmpty ? nil : ports.clock().moment
                noteStore(problem: nil)
                answer(waiters, problem: nil)
                if commit.states.count >= Self.muchToWrite { hasWrittenMuch = true }
                // New channels may have more notifications to come.
                if channelMarks.values.contains(where: { $0.introduction != .done }) { pumpSoon() }
                await committed(commit.events)
                resumeSweep()
            } catch {
                pending.restore(commit)
                failures += 1
                noteStore(problem: "\(error)")
                answer(waiters, problem: "\(error)")
                resumeSweep()
                await failed(error, pending.drop(beyond: Self.mostUnwrittenEvents))
                // At the end there is no second chance: a state that is not written is polled anew.
                await waitForStore(seconds: isStopping ? 0 : min(60, 1 << min(failures, 6)), send)
                if isStopping { return }
            }
        }
    }

    /// Waits until the store is to be tried again, and sends meanwhile what comes up.
    private func waitForStore(
        seconds: Int,
        _ send: @Sendable ([Event]) async -> [EventID: Set<String>]
    ) async {
        // What could not be sent is tried again with the store; what is new, at once.
        var tried: Set<EventID> = []
        var second = 0
        repeat {
            let events = pending.events.filter { !$0.channels.isEmpty && !tried.contains($0.id) }
            if !events.isEmpty {
                tried.formUnion(events.map(\.id))
                pending.note(told: await send(events))
            }
            guard second < seconds else { return }
            second += 1
            try? await Task.sleep(for: .seconds(1))
        } while !isStopping
    }

    private func noteStore(problem: String?) {
        defer { storeProblem = problem }
        guard problem != nil || storeProblem != nil || hasStoreAlert else { return }
        judgeStore(problem)
    }

    /// Notes rows that could not be read: that holds until the next start.
    package func note(unreadable rows: UnreadableRows) {
        unreadableRows = rows
        judgeStore(storeProblem)
    }

    private func judgeStore(_ problem: String?) {
        let finding = problem.map { problem in
            Finding(
                .storeFailing,
                .critical,
                "tokenwatchd: the state cannot be written: \(problem); watching goes on in memory",
                details: [Detail("error", problem)]
            )
        }
        let findings = [finding ?? unreadableRows.finding].compactMap(\.self)
        judge(.daemon, [.storeFailing], findings) { _ in "the state is read and written again" }
    }

    private var hasStoreAlert: Bool {
        subjectAlerts[.daemon]?.contains { $0.condition == .storeFailing } == true
    }

    /// Why the state cannot be written now; nil while it can.
    package var problemOfStore: String? { storeProblem }
}
