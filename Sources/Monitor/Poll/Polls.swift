import Alerting
import HTTP

/// The polls in flight: each reads a secret, makes its calls, and passes the answer to the engine.
///
/// It runs on the watch's executor.
final class Polls {
    /// The digester of the tokens' secrets.
    let digester: SecretDigester
    var flights: [Int: Flight] = [:]
    private var lastFlight: UInt64 = 0
    /// The access tokens that logins granted.
    var accessTokens = Leftovers<Secret>()
    /// The lists whose next page the provider deferred.
    var putOffLists = Leftovers<PutOffList>()

    init(digestKey: [UInt8]) {
        digester = SecretDigester(key: digestKey)
    }

    /// The start of the oldest call; nil if there is none.
    var oldestCall: Moment? { flights.values.map(\.callStartedAt).min() }

    func begin(_ watch: isolated Watch, _ slot: Int, _ now: Now) {
        let source = watch.sources[slot]
        let reading: SecretReader.Reading
        let digest: SecretDigest
        let request: ProviderRequest?
        let login: Flight.Login
        do {
            reading = try watch.ports.secrets.read(source.secret)
            digest = digester.digest(of: reading.secret)
            guard watch.engine.admits(slot, with: digest, at: now) else { return }
            (request, login) = try firstRequest(watch, slot, reading.secret, digest, now)
        } catch {
            if error.isShortage { return putOff(watch, slot, "\(error)", now) }
            return watch.engine.lacksSecret(slot, "\(error)", at: now)
        }
        lastFlight += 1
        let number = lastFlight
        var flight = Flight(
            number: number,
            startedAt: now.moment,
            secret: reading.secret,
            digest: digest,
            identity: reading.identity,
            callStartedAt: now.moment,
            login: login
        )
        guard let request else {
            flights[slot] = flight
            let answer = source.access.reader.read(
                secret: reading.secret.reveal(),
                at: now.instant
            )
            return conclude(watch, slot, answer, serverDate: nil, now)
        }
        if login != .underWay {
            let left = takePutOffList(watch, slot, digest, now)
            flight.listStartedAt = left?.startedAt
            flight.reading = left?.reading ?? source.access.reading(request, secret: reading.secret)
        }
        flights[slot] = flight
        send(watch, flight.reading?.request ?? request, of: slot, flight: number)
    }

    /// Makes the next call of a poll.
    func send(
        _ watch: isolated Watch,
        _ request: ProviderRequest,
        of slot: Int,
        flight number: UInt64
    ) {
        let call = watch.sources[slot].access.call(request, timeout: watch.polling.timeout)
        let id = watch.ports.client.assumeIsolated { client in
            client.start(call) { [weak watch] result in
                watch?.assumeIsolated { $0.polls.answered($0, slot, flight: number, result) }
            }
        }
        flights[slot]?.call = id
    }

    /// Handles the result of a poll's call; `list` is the outcome at the end of a list.
    func answered(
        _ watch: isolated Watch,
        _ slot: Int,
        flight number: UInt64,
        _ result: HTTPResult,
        list: ListEnd? = nil
    ) {
        guard let flight = flights[slot], flight.number == number, !watch.isStopping else { return }
        defer { watch.pump() }
        let now = watch.ports.clock()
        let source = watch.sources[slot]
        if watch.ports.secrets.identity(of: source.secret) != flight.identity {
            // The answer is for a previous secret, or for the same secret in a file that was
            // written again. In the second case, this poll was a use of the current secret.
            cancel(watch, slot, flight, now)
            return watch.engine.finish(slot, next: now.moment)
        }
        if case .failure(let failure) = result, failure.kind == .shortage {
            return putOff(watch, slot, failure.message, now)
        }
        if list == nil, flight.login == .underWay {
            return loggedIn(watch, slot, flight, result, now)
        }
        if list == nil, let reading = flight.reading {
            return read(watch, reading, of: slot, flight: number, result, at: now)
        }
        watch.engine.resources.polled()
        func judge(at now: Instant) -> Observation.Answer {
            list?.answer ?? source.access.reader.judge(result, secret: flight.secret, at: now)
        }
        var answer = judge(at: now.instant)
        if case .rejected = answer, flight.login == .kept {
            return logInAgain(watch, slot, flight, now)
        }
        var serverDate: Instant?
        if case .answer(let response) = result {
            let (status, headers) = (response.status, response.headers)
            serverDate = headers["Date"].flatMap { Instant(httpDate: $0, now: now.instant) }
            watch.engine.honour(
                slot,
                flight.digest,
                status: status,
                pause: RequestedPause.of(
                    status: status,
                    headers: { headers[$0] },
                    now: now.instant
                ),
                at: now
            )
            // The connection uses TLS or loopback (`BaseURL`): the provider itself wrote the date.
            let evidence = ClockEvidence(
                date: serverDate,
                age: headers["Age"],
                facts: answer.facts
            )
            let host = watch.engine.roster.settings[slot].host
            watch.keepTime(evidence.map { Engine.TimeOfHost(host, $0) })
        }
        let later = watch.ports.clock()
        if watch.engine.clock.doubt != nil {
            flights[slot] = nil
            return watch.engine.concludeInDoubt(slot, askedAt: flight.startedAt, at: later)
        }
        if later.instant - now.instant != later.moment - now.moment {
            // The clock moved, and expiries may be relative to it.
            answer = judge(at: later.instant)
        }
        conclude(watch, slot, answer, serverDate: serverDate, later, listing: list?.listing)
    }

    private func conclude(
        _ watch: isolated Watch,
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
            answer: answer,
            secret: flight.digest,
            serverDate: serverDate
        )
        let time = now.moment - flight.startedAt
        watch.engine.conclude(slot, observation, listing, took: time, at: now)
    }

    // MARK: - Ends without a verdict

    /// Ends a poll, which may have counted as a use of its token.
    func cancel(_ watch: isolated Watch, _ slot: Int, _ flight: Flight, _ now: Now) {
        flights[slot] = nil
        watch.engine.cancel(slot, askedAt: flight.startedAt, at: now)
    }

    /// Postpones a poll because this machine lacks a resource.
    func putOff(_ watch: isolated Watch, _ slot: Int, _ problem: String, _ now: Now) {
        if let flight = flights[slot] { cancel(watch, slot, flight, now) }
        watch.engine.putOff(slot, problem, at: now)
    }

    /// Ends all polls.
    func cancelAll(_ watch: isolated Watch) {
        let now = watch.ports.clock()
        let calls = flights.values.compactMap(\.call)
        for (slot, flight) in flights { cancel(watch, slot, flight, now) }
        watch.ports.client.assumeIsolated { client in
            for call in calls { client.cancel(call) }
        }
        watch.follow()
    }

    /// Drops the values that polls left, because another configuration may have caused them.
    func forget() {
        putOffLists.dropAll()
        accessTokens.dropAll()
    }
}
