/// A binary heap of slots by due time, in which every slot can be moved.
struct DueHeap: Sendable {
    /// The due time of each slot.
    private(set) var due: [Moment]
    /// Slots in heap order.
    private var order: [Int32]
    /// The place of each slot in `order`.
    private var position: [Int32]

    /// Creates a heap of `count` slots that are never due.
    init(count: Int) {
        due = Array(repeating: .never, count: count)
        order = (0..<Int32(count)).map { $0 }
        position = order
    }

    var first: (slot: Int, due: Moment)? {
        order.first.map { (Int($0), due[Int($0)]) }
    }

    mutating func set(_ slot: Int, due moment: Moment) {
        let earlier = moment < due[slot]
        due[slot] = moment
        let start = Int(position[slot])
        if earlier { rise(from: start) } else { sink(from: start) }
    }

    private mutating func rise(from start: Int) {
        var child = start
        let slot = order[child]
        let key = due[Int(slot)]
        while child > 0 {
            let parent = (child - 1) / 2
            guard key < due[Int(order[parent])] else { break }
            place(order[parent], at: child)
            child = parent
        }
        place(slot, at: child)
    }

    private mutating func sink(from start: Int) {
        var parent = start
        let slot = order[parent]
        let key = due[Int(slot)]
        while true {
            var child = 2 * parent + 1
            guard child < order.count else { break }
            if child + 1 < order.count, due[Int(order[child + 1])] < due[Int(order[child])] {
                child += 1
            }
            guard due[Int(order[child])] < key else { break }
            place(order[child], at: parent)
            parent = child
        }
        place(slot, at: parent)
    }

    private mutating func place(_ slot: Int32, at index: Int) {
        order[index] = slot
        position[Int(slot)] = Int32(index)
    }
}
