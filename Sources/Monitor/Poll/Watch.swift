package import Alerting
import Dispatch
import HTTP
package import System

/// Connects the engine with the world: it reads secrets and clocks, makes the calls, and arms the timer.
///
/// It shares its queue with the HTTP client, so that an answer is read where it arrives. What the engine
/// decides is written by `run`.
package actor Watch {
    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    var ports: WatchPorts
    var polling: PollingSettings
    /// What is decided, without any I/O.
    var engine: Engine
    /// How each token is asked, by its slot.
    var sources: [TokenSource] = []
    var flights: [Int: Flight] = [:]
    /// What logins granted, until it ends; never on disk.
    var accessTokens: [TokenID: KeptToken] = [:]
    /// Lists whose next page the provider put off.
    var putOffLists: [TokenID: PutOffList] = [:]
    var lastFlight: UInt64 = 0
    private let commits = CommitLoop()

    /// The one timer; nil until `start`.
    private var timer: WakeTimer?
    private var isPumpQueued = false
    var hasStarted: Bool { timer != nil }
    private(set) var isStopping = false

    /// More work than this is divided, so that others get their turn on the queue.
    private static let maximumWorkPerTurn = 256

    package init(
        executor: QueueExecutor,
        ports: WatchPorts,
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
        timer = WakeTimer(on: executor.queue) { [weak self] in
            self?.assumeIsolated {
                $0.timer?.forget()
                $0.pump()
            }
        }
        pump()
    }

    /// Ends all polls; `run` writes what is left and returns.
    package func stop() {
        isStopping = true
        timer?.cancel()
        cancelFlights()
        ports.client.assumeIsolated { $0.shutdown() }
        commits.wake(self)
    }

    // MARK: - What others ask

    /// Shows what the engine knows.
    package func read<Value: Sendable>(_ view: @Sendable (Engine, Now) -> Value) -> Value {
        view(engine, ports.clock())
    }

    /// Lets the engine decide something, and does what comes of it.
    @discardableResult
    package func decide<Value: Sendable>(
        _ decision: @Sendable (inout Engine, Now) -> Value
    ) -> Value {
        defer {
            follow()
            pump()
        }
        return decision(&engine, ports.clock())
    }

    /// The same; what is a change is on the disk when it returns: a crash can no longer undo it.
    package func decide<Value: Sendable>(
        durablyIf isChange: @Sendable (Value) -> Bool,
        _ decision: @Sendable (inout Engine, Now) -> Value
    ) async throws(NotWritten) -> Value {
        let value = decide(decision)
        if isChange(value) { try await commits.written(self) }
        return value
    }

    /// What the provider of a token does not tell, in sentences; of the profile, which tokens share.
    package func cannotSee(of id: TokenID) -> [String] {
        engine.roster.slot(of: id).map { slot in
            let profile = sources[engine.roster.polledSlot(for: slot)].access.profile
            return slot < sources.count ? profile.cannotSee : profile.list?.tells.cannotSee ?? []
        } ?? []
    }

    /// How the watch gets on with its work, as of now.
    package func vitals() -> Vitals {
        let now = ports.clock()
        return Vitals(
            // What is due is armed for; if it is not, it is late as well.
            timerDue: min(timer?.armedFor ?? .never, engine.schedule.nextMoment(after: now.moment)),
            oldestPoll: flights.values.map(\.callStartedAt).min(),
            pollTimeout: polling.timeout,
            unwrittenSince: commits.unwrittenSince,
            storeProblem: engine.storeProblem,
            shortage: engine.resources.recentProblem(at: now.moment)
        )
    }

    /// Writes what is decided, until `stop`; see `CommitLoop`.
    package func run(_ steps: CommitSteps) async { await commits.run(self, steps) }

    // MARK: - Turns

    /// Does what is due and sleeps until something is.
    func pump() {
        guard !isStopping else { return }
        guard hasStarted else { return prepare() }
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
        compareSecrets(now)
        follow()
        timer?.arm(for: engine.nextMoment(after: now), at: now)
    }

    /// Takes over the configuration before the timer runs.
    private func prepare() {
        let now = ports.clock()
        engine.sweep(at: now)
        compareSecrets(now)
        commits.wake(self)
        if engine.canSweep { pumpSoon() }
    }

    /// Does what comes of a decision.
    func follow() {
        commits.wake(self)
        if engine.wantsTurn { pumpSoon() }
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

    // MARK: - Clocks

    /// Notices a clock that was set, and takes in what an answer says about the time.
    func keepTime(_ answer: Engine.TimeOfHost? = nil) {
        engine.keepTime(ports.machineClock(), answer, isSynchronised: ports.isSynchronised)
        followClock()
    }

    /// Lets everybody have the time that the engine believes.
    func followClock() {
        guard ports.credible.base != engine.clock.base else { return }
        ports.credible.move(to: engine.clock.base)
        // The timer runs by another clock: it is set again, even for the same moment.
        timer?.forget()
    }

    /// Evaluates everything again after the wall clock was set, or the machine was suspended.
    package func clockWasSet() {
        guard hasStarted else { return }
        keepTime()
        engine.clockWasSet()
        timer?.forget()
        pump()
    }
}
