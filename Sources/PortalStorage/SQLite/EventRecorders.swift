internal import Portal
internal import Synchronization

/// Who is asked for the events of each change, from the next transaction on.
final class EventRecorders: Sendable {
    private let recorder = Mutex<EventRecorder?>(nil)

    var current: EventRecorder? {
        get { recorder.withLock { $0 } }
        set { recorder.withLock { $0 = newValue } }
    }
}
