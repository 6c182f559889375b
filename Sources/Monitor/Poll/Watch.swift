package import Alerting
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
    /// What is decided, without any I/O.
    var engine: Engine
    /// How each token is asked, by its slot.
    var sources: [TokenSource] = []
    var flights: [Int: Flight] = [:]
    var sharedFacts = SharedFacts()
    var holders = SecretHolders(count: 0)
    var polls = PollFigures()
    /// Counts the sweeps of each kind that were begun or ended.
    var sweepRounds: [Sweep: Int] = [:]
    /// The sweep that waits for a commit, and where it goes on.
    var waitingSweep: (start: Int, round: Int)?

    /// The one timer; nil until `start`, for Dispatch traps when one that never ran is released.
    private var timer: (any DispatchSourceTimer)?
    private(set) var armedFor = Moment.never
    private var lastFlight: UInt64 = 0
    private var isPumpQueued = false
    private(set) var hasStarted = false
    private(set) var isStopping = false
    var commits = Commits()

    /// More work than this is divided, so that others get their turn on the queue.
    private static let maximumWorkPerTurn = 256

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
        engine = Engine(clock: ClockWatch(at: ports.machineClock()), ids: ids, seed: seed)
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
            if engine.clock.doubt != nil {
                engine.noteDoubtedPoll(of: slot, askedAt: flight.startedAt)
            }
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
        while work < Self.maximumWorkPerTurn, let due = engine.next(at: now) {
            work += 1
            switch due {
            case .wake(let slot): engine.apply(slot, .timePassed, at: now)
            case .poll(let slot): poll(slot, now)
            }
        }
        engine.turn(at: now)
        follow()
        arm(now)
    }

    /// Does what comes of a decision.
    func follow() {
        wakeCommitter()
        if engine.wantsTurn { pumpSoon() }
    }

    /// Evaluates one occasion for one token.
    func apply(_ slot: Int, _ occasion: Occasion, _ now: Now) {
        engine.apply(slot, occasion, at: now)
        follow()
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
        let next = engine.nextMoment(after: now)
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
        let source = sources[slot]
        let reading: SecretReader.Reading
        do {
            reading = try ports.secrets.read(source.secret)
        } catch {
            if error.isShortage { return putOff(slot, "\(error)", now) }
            return lacksSecret(slot, "\(error)", now)
        }
        let digest = reading.secret.digest(key: ports.digestKey)
        note(slot, holds: digest, now)
        if engine.isRefused(slot, digest, at: now) || engine.isLimited(slot, digest, at: now) {
            return
        }
        let request: ProviderRequest?
        do {
            request = try source.access.request(secret: reading.secret, ports.secrets)
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
            identity: reading.identity,
            callStartedAt: now.moment
        )
        guard let request else {
            let answer = source.access.reader.read(
                secret: reading.secret.reveal(),
                at: now.instant
            )
            return conclude(slot, answer, serverDate: nil, now)
        }
        flights[slot]?.reading = source.access.reading(request, secret: reading.secret)
        send(request, of: slot, flight: number)
    }

    /// Makes the call of a poll that is under way.
    func send(_ request: ProviderRequest, of slot: Int, flight number: UInt64) {
        let call = sources[slot].access.call(request, timeout: polling.timeout)
        flights[slot]?.call = ports.client.assumeIsolated { client in
            client.start(call) { [weak self] result in
                self?.assumeIsolated { $0.answered(slot, flight: number, result) }
            }
        }
    }

    /// Takes the result of a poll's call; `list` is what it came to if it ends a list.
    func answered(
        _ slot: Int,
        flight number: UInt64,
        _ result: HTTPResult,
        list: ListEnd? = nil
    ) {
        guard let flight = flights[slot], flight.number == number, !isStopping else { return }
        var now = ports.clock()
        let source = sources[slot]
        if ports.secrets.identity(of: source.secret) != flight.identity {
            // The answer is about a secret that is not the token's any more; or it is, in a file that
            // was written anew, and then this poll was a use of it.
            flights[slot] = nil
            apply(slot, .cancelled(askedAt: flight.askedAt(now)), now)
            engine.finish(slot, next: now.moment)
            return pump()
        }
        if case .failure(let failure) = result, failure.kind == .shortage {
            putOff(slot, failure.message, now)
            return pump()
        }
        if list == nil, let reading = flight.reading {
            return read(reading, of: slot, flight: number, result, at: now)
        }
        engine.resources.polled()
        func judge(at now: Instant) -> Observation.Answer {
            list?.answer ?? source.access.judge(result, secret: flight.secret, at: now)
        }
        var answer = judge(at: now.instant)
        var serverDate: Instant?
        if case .answer(let response) = result {
            serverDate = response.headers["Date"]
                .flatMap { Instant(httpDate: $0, now: now.instant) }
            engine.honour(
                slot,
                flight.digest,
                status: response.status,
                pause: response.requestedPause(at: now.instant),
                at: now
            )
            // A provider is polled over TLS or on loopback (`BaseURL`): nobody else wrote the date.
            let evidence = ClockEvidence(
                date: serverDate,
                age: response.headers["Age"],
                facts: answer.facts
            )
            note(evidence, of: engine.roster.settings[slot].host, now)
        }
        if engine.clock.doubt != nil {
            if let flight = flights.removeValue(forKey: slot) {
                engine.concludeInDoubt(slot, askedAt: flight.startedAt, at: now)
            }
            return pump()
        }
        let later = ports.clock()
        if later.instant - now.instant != later.moment - now.moment {
            // It moved the time: an expiry may be counted from it.
            answer = judge(at: later.instant)
        }
        now = later
        conclude(slot, answer, serverDate: serverDate, now, listing: list?.listing)
        pump()
    }

    private func conclude(
        _ slot: Int,
        _ answer: Observation.Answer,
        serverDate: Instant?,
        _ now: Now,
        listing: Listing? = nil
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
        polls.note(observation.outcome, took: took)
        engine.notePace(slot, observation.outcome, took: took)
        engine.conclude(slot, observation, listing, at: now)
        follow()
    }

    private func shared(_ answer: Observation.Answer) -> Observation.Answer {
        guard case .ok(let facts) = answer else { return answer }
        return .ok(sharedFacts.shared(facts))
    }

    private func lacksSecret(_ slot: Int, _ problem: String, _ now: Now) {
        note(slot, holds: nil, now)
        if engine.states[slot].secretProblem != problem { apply(slot, .noSecret(problem), now) }
        engine.skip(slot, at: now)
        // Looking costs one system call, and whoever mends the file is waiting.
        let wait = min(Duration.minutes(1), engine.roster.settings[slot].interval)
        engine.finish(slot, next: now.moment + wait)
    }

    /// Notes which secret a token holds now, and what that means for others with the same.
    func note(_ slot: Int, holds digest: SecretDigest?, _ now: Now) {
        for touched in holders.note(slot, holds: digest) {
            let other = holders.companion(of: touched).map { engine.roster.settings[$0].id }
            if engine.states[touched].duplicateOf != other {
                apply(touched, .duplicate(other), now)
            }
        }
    }

    /// Polls later, for want of something that this machine has to give.
    private func putOff(_ slot: Int, _ problem: String, _ now: Now) {
        if let flight = flights.removeValue(forKey: slot) {
            apply(slot, .cancelled(askedAt: flight.askedAt(now)), now)
        }
        engine.putOff(slot, problem, at: now)
        follow()
    }
}
