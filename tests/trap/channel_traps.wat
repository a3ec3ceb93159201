;; Every operation on channels, given what it must not be given, or done when the contract does not allow it.
;; expect send_null: trap MON_NULL Camera imp.send.Open: Camera.imp expected, found null
;; expect next_null: trap MON_NULL Camera exp.next: Camera.exp expected, found null
;; expect poll_null: trap MON_NULL Camera exp.poll: Camera.exp expected, found null
;; expect wait_null: trap MON_NULL Camera exp.wait: Camera.exp expected, found null
;; expect recv_null: trap MON_NULL Camera exp.recv.Open: Camera.exp expected, found null
;; expect call_null: trap MON_NULL Camera imp.call.Open.Refused: Camera.imp expected, found null
;; expect close_null: trap MON_NULL Camera imp.close: Camera.imp expected, found null
;; expect abandon_null: trap MON_NULL Camera imp.abandon: Camera.imp expected, found null
;; expect peer_null: trap MON_NULL Camera exp.peer: Camera.exp expected, found null
;; expect payload_null: trap MON_NULL Camera exp.send.Picture: Frame expected, found null
;; expect send_closed: trap MON_DEAD Camera imp.send.Open: Camera.imp was already closed by this SIP
;; expect recv_closed: trap MON_DEAD Camera exp.recv.Open: Camera.exp was already closed by this SIP
;; expect close_twice: trap MON_DEAD Camera imp.abandon: Camera.imp was already closed by this SIP
;; expect send_given_away: trap MON_DEAD Camera imp.send.Open: Camera.imp was sent by this SIP and is no longer its own
;; expect payload_sent_twice: trap MON_DEAD Camera exp.send.Picture: Frame was sent by this SIP and is no longer its own
;; expect use_after_send: trap MON_DEAD Frame seq.get: Frame was sent by this SIP and is no longer its own
;; expect free_after_send: trap MON_DEAD Frame free: Frame was sent by this SIP and is no longer its own
;; expect sent_to_closed: trap MON_DEAD Frame seq.get: Frame was sent by this SIP and is no longer its own
;; expect wrong_role: trap MON_ROLE Camera imp.send.Open: Camera.imp expected, found Camera.exp
;; expect wrong_contract: trap MON_ROLE Camera exp.next: Camera.exp expected, found Desk.exp of another contract
;; expect block_for_endpoint: trap MON_TYPE Camera exp.next: Camera.exp expected, found Text
;; expect wrong_payload: trap MON_TYPE Camera exp.send.Picture: Frame expected, found Text
;; expect somebody_elses: trap MON_NOT_OWNER Camera exp.next: Text does not belong to this SIP
;; expect payload_foreign: trap MON_NOT_OWNER Stream imp.send.Item: Text does not belong to this SIP
;; expect title_missing: trap MON_FIELD_EMPTY Camera exp.send.Picture: field title of Frame is empty
;; expect wrong_state_send: trap MON_STATE Camera exp.send.Refused: Camera.exp is in state Start; allowed there: receive Open
;; expect wrong_state_send_twice: trap MON_STATE Camera imp.send.Open: Camera.imp is in state Opening; allowed there: receive Picture or Refused
;; expect wrong_state_recv: trap MON_STATE Camera imp.recv.Refused: Camera.imp is in state Start; allowed there: send Open
;; expect wrong_state_next: trap MON_STATE Camera imp.next: Camera.imp is in state Start; allowed there: send Open
;; expect wrong_state_wait: trap MON_STATE Camera exp.wait: Camera.exp is in state Opening; allowed there: send Picture or Refused
;; expect wrong_state_call: trap MON_STATE Camera imp.call.Open.Refused: Camera.imp is in state Opening; allowed there: receive Picture or Refused
;; expect wrong_state_close: trap MON_STATE Camera imp.close: Camera.imp is in state Start; allowed there: send Open
;; expect wrong_state_payload: trap MON_STATE Desk imp.send.Give: Camera.imp is in state Opening; to be given away here it must be in state Start
;; expect wrong_message: trap X_WRONG_MESSAGE Camera imp.recv.Picture: Picture expected, the next message is Refused
;; expect peer_closed: trap X_PEER_CLOSED Camera exp.recv.Open: Open expected, but the peer has closed the channel
;; expect recv_after_closed_seen: trap X_PEER_CLOSED Camera exp.recv.Open: Open expected, but the peer has closed the channel
;; expect next_after_closed_seen: returns -1
;; expect send_after_closed_seen: returns 5
;; expect give_after_closed_seen: trap MON_CLOSED Desk imp.send.Give: the peer of Camera.imp was seen to close; close it
;; expect endpoint_to_itself: trap MON_SELF Loop imp.send.Self: Loop.imp is given to itself
;; expect recv_pointer: trap BAD_POINTER Camera exp.recv.Open was given 8 bytes at 0xfffc; the memory has 65536
;; expect recv_pointer_before_wait: trap BAD_POINTER Camera exp.recv.Open was given 8 bytes at 0xffffffff; the memory has 65536
;; expect call_pointer: trap BAD_POINTER Camera imp.call.Open.Refused was given 4 bytes at 0x10000; the memory has 65536
(module
  (import "singula/Text" "new" (func $text (param i32) (result externref)))
  (import "singula/Frame" "new" (func $frame (param i32) (result externref)))
  (import "singula/Frame" "free" (func $frame.free (param externref)))
  (import "singula/Frame" "seq.get" (func $seq (param externref) (result i64)))
  (import "singula/Frame" "title.put" (func $title.put (param externref externref)))
  (import "singula/Camera" "channel" (func $camera (result externref)))
  (import "singula/Camera" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Camera" "imp.send.Open" (func $open (param externref i32 i32)))
  (import "singula/Camera" "exp.recv.Open" (func $recv.open (param externref i32)))
  (import "singula/Camera" "exp.next" (func $exp.next (param externref) (result i32)))
  (import "singula/Camera" "imp.next" (func $imp.next (param externref) (result i32)))
  (import "singula/Camera" "exp.poll" (func $exp.poll (param externref) (result i32)))
  (import "singula/Camera" "imp.poll" (func $imp.poll (param externref) (result i32)))
  (import "singula/Camera" "exp.wait" (func $exp.wait (param externref i64) (result i32)))
  (import "singula/Camera" "exp.send.Picture" (func $picture (param externref i64 externref)))
  (import "singula/Camera" "exp.send.Refused" (func $refused (param externref i32)))
  (import "singula/Camera" "imp.recv.Picture" (func $recv.picture (param externref i32) (result externref)))
  (import "singula/Camera" "imp.recv.Refused" (func $recv.refused (param externref i32)))
  (import "singula/Camera" "imp.call.Open.Refused" (func $call (param externref i32 i32 i32)))
  (import "singula/Camera" "imp.close" (func $imp.close (param externref)))
  (import "singula/Camera" "imp.abandon" (func $imp.abandon (param externref)))
  (import "singula/Camera" "exp.abandon" (func $exp.abandon (param externref)))
  (import "singula/Desk" "channel" (func $desk (result externref)))
  (import "singula/Desk" "exp.peer" (func $desk.peer (param externref) (result externref)))
  (import "singula/Desk" "imp.send.Give" (func $give (param externref i32 externref)))
  (import "singula/Stream" "channel" (func $stream (result externref)))
  (import "singula/Stream" "exp.peer" (func $stream.peer (param externref) (result externref)))
  (import "singula/Stream" "imp.send.Item" (func $item (param externref i64 externref)))
  (import "singula/Loop" "channel" (func $loop (result externref)))
  (import "singula/Loop" "exp.peer" (func $loop.peer (param externref) (result externref)))
  (import "singula/Loop" "imp.send.Self" (func $self (param externref externref)))
  (import "test" "other" (func $other (result externref)))
  (memory 1)
  (global $e (mut externref) (ref.null extern))
  (global $i (mut externref) (ref.null extern))
  (func $begin (global.set $e (call $camera)) (global.set $i (call $peer (global.get $e))))
  (func $begin_opening (call $begin)
    (call $open (global.get $i) (i32.const 640) (i32.const 480)) (call $recv.open (global.get $e) (i32.const 16)))
  (func $photo (result externref) (local $f externref)
    (local.set $f (call $frame (i32.const 10)))
    (call $title.put (local.get $f) (call $text (i32.const 3))) (local.get $f))
  (func $send_null (export "send_null") (result i32) (call $open (ref.null extern) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $next_null (export "next_null") (result i32) (call $exp.next (ref.null extern)))
  (func $poll_null (export "poll_null") (result i32) (call $exp.poll (ref.null extern)))
  (func $wait_null (export "wait_null") (result i32) (call $exp.wait (ref.null extern) (i64.const 5)))
  (func $recv_null (export "recv_null") (result i32) (call $recv.open (ref.null extern) (i32.const 0)) (i32.const 0))
  (func $call_null (export "call_null") (result i32) (call $call (ref.null extern) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $close_null (export "close_null") (result i32) (call $imp.close (ref.null extern)) (i32.const 0))
  (func $abandon_null (export "abandon_null") (result i32) (call $imp.abandon (ref.null extern)) (i32.const 0))
  (func $peer_null (export "peer_null") (result i32) (drop (call $peer (ref.null extern))) (i32.const 0))
  (func $payload_null (export "payload_null") (result i32)
    (call $begin_opening) (call $picture (global.get $e) (i64.const 0) (ref.null extern)) (i32.const 0))
  (func $send_closed (export "send_closed") (result i32)
    (call $begin) (call $imp.abandon (global.get $i)) (call $open (global.get $i) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $recv_closed (export "recv_closed") (result i32)
    (call $begin) (call $exp.abandon (global.get $e)) (call $recv.open (global.get $e) (i32.const 0)) (i32.const 0))
  (func $close_twice (export "close_twice") (result i32)
    (call $begin) (call $imp.abandon (global.get $i)) (call $imp.abandon (global.get $i)) (i32.const 0))
  (func $send_given_away (export "send_given_away") (result i32)
    (call $begin) (call $give (call $desk.peer (call $desk)) (i32.const 1) (global.get $i))
    (call $open (global.get $i) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $payload_sent_twice (export "payload_sent_twice") (result i32) (local $f externref)
    (call $begin_opening) (local.set $f (call $photo))
    (call $picture (global.get $e) (i64.const 0) (local.get $f))
    (drop (call $recv.picture (global.get $i) (i32.const 0))) ;; it is back, under a new reference
    (call $open (global.get $i) (i32.const 1) (i32.const 1)) (call $recv.open (global.get $e) (i32.const 16))
    (call $picture (global.get $e) (i64.const 0) (local.get $f)) (i32.const 0))
  (func $use_after_send (export "use_after_send") (result i64) (local $f externref)
    (call $begin_opening) (local.set $f (call $photo))
    (call $picture (global.get $e) (i64.const 0) (local.get $f)) (call $seq (local.get $f)))
  (func $free_after_send (export "free_after_send") (result i32) (local $f externref)
    (call $begin_opening) (local.set $f (call $photo))
    (call $picture (global.get $e) (i64.const 0) (local.get $f)) (call $frame.free (local.get $f)) (i32.const 0))
  (func $sent_to_closed (export "sent_to_closed") (result i64) (local $f externref)
    (call $begin_opening) (local.set $f (call $photo)) (call $imp.abandon (global.get $i))
    (call $picture (global.get $e) (i64.const 0) (local.get $f)) (call $seq (local.get $f)))
  (func $wrong_role (export "wrong_role") (result i32)
    (call $begin) (call $open (global.get $e) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $wrong_contract (export "wrong_contract") (result i32) (call $exp.next (call $desk)))
  (func $block_for_endpoint (export "block_for_endpoint") (result i32) (call $exp.next (call $text (i32.const 1))))
  (func $wrong_payload (export "wrong_payload") (result i32)
    (call $begin_opening) (call $picture (global.get $e) (i64.const 0) (call $text (i32.const 1))) (i32.const 0))
  (func $somebody_elses (export "somebody_elses") (result i32) (call $exp.next (call $other)))
  (func $payload_foreign (export "payload_foreign") (result i32)
    (call $item (call $stream.peer (call $stream)) (i64.const 0) (call $other)) (i32.const 0))
  (func $title_missing (export "title_missing") (result i32)
    (call $begin_opening) (call $picture (global.get $e) (i64.const 0) (call $frame (i32.const 1))) (i32.const 0))
  (func $wrong_state_send (export "wrong_state_send") (result i32) (call $begin) (call $refused (global.get $e) (i32.const 1)) (i32.const 0))
  (func $wrong_state_send_twice (export "wrong_state_send_twice") (result i32)
    (call $begin_opening) (call $open (global.get $i) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $wrong_state_recv (export "wrong_state_recv") (result i32) (call $begin) (call $recv.refused (global.get $i) (i32.const 0)) (i32.const 0))
  (func $wrong_state_next (export "wrong_state_next") (result i32) (call $begin) (call $imp.next (global.get $i)))
  (func $wrong_state_wait (export "wrong_state_wait") (result i32) (call $begin_opening) (call $exp.wait (global.get $e) (i64.const 1)))
  (func $wrong_state_call (export "wrong_state_call") (result i32)
    (call $begin_opening) (call $call (global.get $i) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $wrong_state_close (export "wrong_state_close") (result i32) (call $begin) (call $imp.close (global.get $i)) (i32.const 0))
  (func $wrong_state_payload (export "wrong_state_payload") (result i32)
    (call $begin_opening) (call $give (call $desk.peer (call $desk)) (i32.const 1) (global.get $i)) (i32.const 0))
  (func $wrong_message (export "wrong_message") (result i32)
    (call $begin_opening) (call $refused (global.get $e) (i32.const 4)) (drop (call $recv.picture (global.get $i) (i32.const 0))) (i32.const 0))
  (func $peer_closed (export "peer_closed") (result i32)
    (call $begin) (call $imp.abandon (global.get $i)) (call $recv.open (global.get $e) (i32.const 0)) (i32.const 0))
  (func $recv_after_closed_seen (export "recv_after_closed_seen") (result i32)
    (call $begin) (call $imp.abandon (global.get $i)) (drop (call $exp.next (global.get $e)))
    (call $recv.open (global.get $e) (i32.const 0)) (i32.const 0))
  ;; a module may ask again, or send, if it has not tested what poll gave; only that it has tested is not to be seen
  (func (export "next_after_closed_seen") (result i32) (local $tag i32)
    (call $begin) (call $imp.abandon (global.get $i)) (drop (call $exp.poll (global.get $e)))
    (local.set $tag (call $exp.next (global.get $e))) (call $exp.abandon (global.get $e)) (local.get $tag))
  (func (export "send_after_closed_seen") (result i32)
    (call $begin) (call $exp.abandon (global.get $e)) (drop (call $imp.poll (global.get $i)))
    (call $open (global.get $i) (i32.const 0) (i32.const 0)) (call $imp.abandon (global.get $i)) (i32.const 5))
  (func $give_after_closed_seen (export "give_after_closed_seen") (result i32)
    (call $begin) (call $exp.abandon (global.get $e)) (drop (call $imp.poll (global.get $i)))
    (call $give (call $desk.peer (call $desk)) (i32.const 1) (global.get $i)) (i32.const 0))
  (func $endpoint_to_itself (export "endpoint_to_itself") (result i32) (local $i externref)
    (local.set $i (call $loop.peer (call $loop))) (call $self (local.get $i) (local.get $i)) (i32.const 0))
  (func $recv_pointer (export "recv_pointer") (result i32)
    (call $begin) (call $open (global.get $i) (i32.const 0) (i32.const 0)) (call $recv.open (global.get $e) (i32.const 0xfffc)) (i32.const 0))
  (func $recv_pointer_before_wait (export "recv_pointer_before_wait") (result i32)
    (call $begin) (call $recv.open (global.get $e) (i32.const -1)) (i32.const 0))
  (func $call_pointer (export "call_pointer") (result i32)
    (call $begin) (call $call (global.get $i) (i32.const 0) (i32.const 0) (i32.const 0x10000)) (i32.const 0)))
