package import Alerting
import Dispatch
package import HTTP
package import System

/// Connects the engine with the system: reads secrets and clocks, makes calls, and sets the timer.
///
/// It shares its queue with the HTTP client, so that answers need no handover. `run` writes the
/// engine's decisions.
package actor Watch {
    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    var ports: WatchPorts
    var polling: PollingSettings
    /// The engine, which makes all decisions without I/O.
    var engine: Engine
    /// The source of each token, by its slot.
    var sources: [TokenSource] = []
    let polls: Polls
    private let commits = CommitLoop()

    /// The only timer; nil until `start`.
    private var timer: WakeTimer?
    private var isPumpQueued = false
    var hasStarted: Bool { timer != nil }
    private(set) var isStopping = false

    /// The most work per turn, so that other users of the queue get their turns.
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
        polls = Polls(digestKey: ports.digestKey)
        engine = Engine(clock: ClockWatch(at: ports.machineClock()), ids: ids, seed: seed)
    }

    /// Starts the timer; before that, nothing is polled.
    package func start() {
        timer = WakeTimer(on: executor.queue) { [weak self] in
            self?.assumeIsolated {
                $0.timer?.forget()
                $0.pump()
            }
        }
        pump()
    }

    /// Ends all polls; `run` writes the rest and returns.
    package func stop() {
        isStopping = true
        timer?.cancel()
        polls.cancelAll(self)
        ports.client.assumeIsolated { $0.shutdown() }
        commits.wake(self)
    }

    // MARK: - Requests from other parts

    /// Reads from the engine.
    package func read<Value: Sendable>(_ view: @Sendable (Engine, Now) -> Value) -> Value {
        view(engine, ports.clock())
    }

    /// Lets the engine make a decision, and carries it out.
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

    /// Carries out a decision; on return, a change is on the disk and survives a crash.
    package func decide<Value: Sendable>(
        durablyIf isChange: @Sendable (Value) -> Bool,
        _ decision: @Sendable (inout Engine, Now) -> Value
    ) async throws(NotWritten) -> Value {
        let value = decide(decision)
        if isChange(value) { try await commits.written(self) }
        return value
    }

    /// Returns the facts that a token's provider does not report, in sentences, by its profile.
    package func cannotSee(of id: TokenID) -> [String] {
        engine.roster.slot(of: id).map { slot in
            let profile = sources[engine.roster.polledSlot(for: slot)].access.profile
            guard let list = profile.list else { return profile.cannotSee }
            return slot < sources.count
                ? profile.cannotSeeOfLister + profile.remarks : list.tells.cannotSee
        } ?? []
    }

    /// The current progress of the watch.
    package func vitals() -> Vitals {
        let now = ports.clock()
        return Vitals(
            // The timer is set for due work; without a timer, the work is late as well.
            timerDue: min(timer?.armedFor ?? .never, engine.schedule.nextMoment(after: now.moment)),
            oldestPoll: polls.oldestCall,
            pollTimeout: polling.timeout,
            unwrittenSince: commits.unwrittenSince,
            storeProblem: engine.storeProblem,
            shortage: engine.resources.recentProblem(at: now.moment)
        )
    }

    /// Commits decisions until `stop`; see `CommitLoop`.
    package func run(_ steps: CommitSteps) async { await commits.run(self, steps) }

    // MARK: - Turns

    /// Does the due work, and sleeps until more is due.
    func pump() {
        guard !isStopping else { return }
        guard hasStarted else { return prepare() }
        // This comes before reminders, which a change of the clock may make due.
        keepTime()
        let now = ports.clock()
        var work = 0
        while work < Self.maximumWorkPerTurn, let due = engine.next(at: now) {
            work += 1
            switch due {
            case .wake(let slot): engine.apply(slot, .timePassed, at: now)
            case .poll(let slot): polls.begin(self, slot, now)
            }
        }
        engine.turn(at: now)
        compareSecrets(now)
        follow()
        let next = engine.rest(after: now)
        timer?.arm(for: next, at: now)
    }

    /// Takes over the configuration before the timer runs.
    private func prepare() {
        let now = ports.clock()
        engine.sweep(at: now)
        compareSecrets(now)
        commits.wake(self)
        if engine.canSweep { pumpSoon() }
    }

    /// Carries out a decision.
    func follow() {
        commits.wake(self)
        if engine.wantsTurn { pumpSoon() }
    }

    /// Schedules one turn for any number of reasons.
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

    /// Reads the secrets that the engine needs to compare.
    private func compareSecrets(_ now: Now) {
        for slot in engine.takeSecretsToCompare() {
            let reading = try? ports.secrets.read(sources[slot].secret)
            let digest = (reading?.secret).map(polls.digester.digest)
            engine.compare(slot, holds: digest, at: now)
        }
    }

    /// Switches to another client.
    package func use(_ client: HTTPClient) {
        polls.cancelAll(self)
        ports.client.assumeIsolated { $0.shutdown() }
        ports.client = client
    }

    // MARK: - Clocks

    /// Detects that a clock was set, and considers the time that an answer reports.
    func keepTime(_ answer: Engine.TimeOfHost? = nil) {
        engine.keepTime(ports.machineClock(), answer, isSynchronised: ports.isSynchronised)
        followClock()
    }

    /// Publishes the time that the engine considers right.
    func followClock() {
        guard ports.credible.base != engine.clock.base else { return }
        ports.credible.move(to: engine.clock.base)
        // The timer uses another clock, so it is set again even for the same moment.
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
