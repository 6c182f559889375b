import Alerting
package import HTTP

/// Polls: reads the secret, makes the call, and hands the answer to the engine.
extension Watch {
    func poll(_ slot: Int, _ now: Now) {
        let source = sources[slot]
        let reading: SecretReader.Reading
        let digest: SecretDigest
        let request: ProviderRequest?
        let login: Flight.Login
        do {
            reading = try ports.secrets.read(source.secret)
            digest = reading.secret.digest(key: ports.digestKey)
            guard engine.admits(slot, with: digest, at: now) else { return }
            (request, login) = try firstRequest(of: slot, reading.secret, digest, now)
        } catch {
            if error.isShortage { return putOff(slot, "\(error)", now) }
            return engine.lacksSecret(slot, "\(error)", at: now)
        }
        lastFlight += 1
        let number = lastFlight
        flights[slot] = Flight(
            number: number,
            startedAt: now.moment,
            secret: reading.secret,
            digest: digest,
            identity: reading.identity,
            callStartedAt: now.moment,
            login: login
        )
        guard let request else {
            let answer = source.access.reader.read(
                secret: reading.secret.reveal(),
                at: now.instant
            )
            return conclude(slot, answer, serverDate: nil, now)
        }
        guard login != .underWay else { return send(request, of: slot, flight: number) }
        let list =
            takePutOffList(of: slot, digest, now)
            ?? source.access.reading(request, secret: reading.secret)
        flights[slot]?.reading = list
        send(list?.request ?? request, of: slot, flight: number)
    }

    /// Makes the call of a poll in flight.
    func send(_ request: ProviderRequest, of slot: Int, flight number: UInt64) {
        let call = sources[slot].access.call(request, timeout: polling.timeout)
        flights[slot]?.call = ports.client.assumeIsolated { client in
            client.start(call) { [weak self] result in
                self?.assumeIsolated { $0.answered(slot, flight: number, result) }
            }
        }
    }

    /// Handles the result of a poll's call; `list` is the outcome at the end of a list.
    func answered(
        _ slot: Int,
        flight number: UInt64,
        _ result: HTTPResult,
        list: ListEnd? = nil
    ) {
        guard let flight = flights[slot], flight.number == number, !isStopping else { return }
        defer { pump() }
        let now = ports.clock()
        let source = sources[slot]
        if ports.secrets.identity(of: source.secret) != flight.identity {
            // The answer is about another secret than the current one; or about the same one in a
            // file that was written again, and then this poll was a use of it.
            flights[slot] = nil
            engine.cancel(slot, askedAt: flight.startedAt, at: now)
            return engine.finish(slot, next: now.moment)
        }
        if case .failure(let failure) = result, failure.kind == .shortage {
            return putOff(slot, failure.message, now)
        }
        if list == nil, flight.login == .underWay { return loggedIn(slot, flight, result, now) }
        if list == nil, let reading = flight.reading {
            return read(reading, of: slot, flight: number, result, at: now)
        }
        engine.resources.polled()
        func judge(at now: Instant) -> Observation.Answer {
            list?.answer ?? source.access.judge(result, secret: flight.secret, at: now)
        }
        var answer = judge(at: now.instant)
        if case .rejected = answer, flight.login == .kept { return logInAgain(slot, flight, now) }
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
            let host = engine.roster.settings[slot].host
            keepTime(evidence.map { Engine.TimeOfHost(host, $0) })
        }
        let later = ports.clock()
        if engine.clock.doubt != nil {
            flights[slot] = nil
            return engine.concludeInDoubt(slot, askedAt: flight.startedAt, at: later)
        }
        if later.instant - now.instant != later.moment - now.moment {
            // It moved the time that an expiry may be counted from.
            answer = judge(at: later.instant)
        }
        conclude(slot, answer, serverDate: serverDate, later, listing: list?.listing)
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
            answer: answer,
            secret: flight.digest,
            serverDate: serverDate
        )
        let time = now.moment - flight.startedAt
        engine.conclude(slot, observation, listing, took: time, at: now)
    }

    /// Postpones a poll because this machine lacks a resource.
    func putOff(_ slot: Int, _ problem: String, _ now: Now) {
        if let flight = flights.removeValue(forKey: slot) {
            engine.cancel(slot, askedAt: flight.startedAt, at: now)
        }
        engine.putOff(slot, problem, at: now)
    }

    /// Reads the secrets that the engine wants to compare.
    func compareSecrets(_ now: Now) {
        for slot in engine.takeSecretsToCompare() {
            let reading = try? ports.secrets.read(sources[slot].secret)
            let digest = reading?.secret.digest(key: ports.digestKey)
            engine.compare(slot, holds: digest, at: now)
        }
    }

    /// Switches to another client.
    package func use(_ client: HTTPClient) {
        cancelFlights()
        ports.client.assumeIsolated { $0.shutdown() }
        ports.client = client
    }

    func cancelFlights() {
        let calls = flights.values.compactMap(\.call)
        let now = ports.clock()
        for (slot, flight) in flights {
            engine.cancel(slot, askedAt: flight.startedAt, at: now)
        }
        flights.removeAll()
        ports.client.assumeIsolated { client in
            for call in calls { client.cancel(call) }
        }
        follow()
    }
}
