;; What is still owned when an entry function returns, and named by nothing any more, is lost.
;; expect nothing: returns 3
;; expect block: trap MON_LEAK Text is still owned when func[18] $block returned
;; expect tree: trap MON_LEAK Frame is still owned when func[19] $tree returned
;; expect taken_child: trap MON_LEAK Text is still owned when func[20] $taken_child returned
;; expect both_ends: trap MON_LEAK Camera.imp, Camera.exp are still owned when func[21] $both_ends returned
;; expect peer_not_asked: trap MON_LEAK Camera.exp is still owned when func[22] $peer_not_asked returned
;; expect listener: trap MON_LEAK Camera listener is still owned when func[23] $listener returned
;; expect received: trap MON_LEAK Text is still owned when func[24] $received returned
;; expect several: trap MON_LEAK Text, Text, Text and others are still owned when func[25] $several returned
;; expect in_a_global: trap MON_LEAK Text is still owned when func[26] $in_a_global returned
;; expect in_the_queue: returns 1
;; expect trap_first: trap UNREACHABLE
;; expect leaves_with_it: leaves 5
(module
  (import "singula/Text" "new" (func $new (param i32) (result externref)))
  (import "singula/Text" "free" (func $free (param externref)))
  (import "singula/Frame" "new" (func $frame (param i32) (result externref)))
  (import "singula/Frame" "free" (func $frame.free (param externref)))
  (import "singula/Frame" "title.put" (func $put (param externref externref)))
  (import "singula/Frame" "title.take" (func $take (param externref) (result externref)))
  (import "singula/Camera" "channel" (func $camera (result externref)))
  (import "singula/Camera" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Camera" "imp.abandon" (func $imp.abandon (param externref)))
  (import "singula/Camera" "exp.abandon" (func $exp.abandon (param externref)))
  (import "singula/Camera" "exp.listen" (func $listen (param i32 i32) (result externref)))
  (import "singula/Stream" "channel" (func $stream (result externref)))
  (import "singula/Stream" "exp.peer" (func $stream.peer (param externref) (result externref)))
  (import "singula/Stream" "imp.send.Item" (func $item (param externref i64 externref)))
  (import "singula/Stream" "exp.recv.Item" (func $recv (param externref i32) (result externref)))
  (import "singula/Stream" "imp.abandon" (func $stream.imp.abandon (param externref)))
  (import "singula/Stream" "exp.abandon" (func $stream.exp.abandon (param externref)))
  (import "test" "leave" (func $leave (param i64)))
  (memory 1)
  (data (i32.const 0) "cam")
  (global $g (mut externref) (ref.null extern))
  (func $block (export "block") (result i32) (drop (call $new (i32.const 1))) (i32.const 1))
  (func $tree (export "tree") (result i32) (local $f externref)
    (local.set $f (call $frame (i32.const 1))) (call $put (local.get $f) (call $new (i32.const 1))) (i32.const 1))
  (func $taken_child (export "taken_child") (result i32) (local $f externref)
    (local.set $f (call $frame (i32.const 1))) (call $put (local.get $f) (call $new (i32.const 1)))
    (drop (call $take (local.get $f))) (call $frame.free (local.get $f)) (i32.const 1))
  (func $both_ends (export "both_ends") (result i32) (drop (call $peer (call $camera))) (i32.const 1))
  (func $peer_not_asked (export "peer_not_asked") (result i32) (drop (call $camera)) (i32.const 1))
  (func $listener (export "listener") (result i32) (drop (call $listen (i32.const 0) (i32.const 3))) (i32.const 1))
  (func $received (export "received") (result i32) (local $e externref) (local $i externref)
    (local.set $e (call $stream)) (local.set $i (call $stream.peer (local.get $e)))
    (call $item (local.get $i) (i64.const 1) (call $new (i32.const 1)))
    (drop (call $recv (local.get $e) (i32.const 16)))
    (call $stream.exp.abandon (local.get $e)) (call $stream.imp.abandon (local.get $i)) (i32.const 1))
  (func $several (export "several") (result i32)
    (drop (call $camera)) (drop (call $new (i32.const 1))) (drop (call $new (i32.const 1))) (drop (call $new (i32.const 1))) (i32.const 1))
  (func $in_a_global (export "in_a_global") (result i32) (global.set $g (call $new (i32.const 1))) (i32.const 1))
  (func (export "nothing") (result i32) (local $e externref)
    (call $free (call $new (i32.const 1)))
    (local.set $e (call $camera)) (call $imp.abandon (call $peer (local.get $e))) (call $exp.abandon (local.get $e)) (i32.const 3))
  ;; what waits in a queue belongs to the queue; it ends with the queue
  (func (export "in_the_queue") (result i32) (local $e externref) (local $i externref)
    (local.set $e (call $stream)) (local.set $i (call $stream.peer (local.get $e)))
    (call $item (local.get $i) (i64.const 1) (call $new (i32.const 1)))
    (call $stream.imp.abandon (local.get $i)) (call $stream.exp.abandon (local.get $e)) (i32.const 1))
  (func $trap_first (export "trap_first") (result i32) (drop (call $new (i32.const 1))) (unreachable))
  (func $leaves_with_it (export "leaves_with_it") (drop (call $new (i32.const 1))) (call $leave (i64.const 5))))
