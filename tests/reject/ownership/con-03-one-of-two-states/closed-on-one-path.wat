;; On one path the peer was seen to close while a message was awaited, on the other it is this end's turn to send
;; expect: CON_STATE func=8 offset=0x14c
;; monitor: MON_STATE
;; contract: contract Walk {
;; contract:   in message Step();
;; contract:   out message Stop();
;; contract:   state Go: one { Step? -> Wait; end; }
;; contract:   state Wait: Stop! -> Go;
;; contract: }
(module
  (import "singula/Walk" "channel" (func $Walk.channel (result externref)))
  (import "singula/Walk" "exp.peer" (func $Walk.exp.peer (param externref) (result externref)))
  (import "singula/Walk" "exp.abandon" (func $Walk.exp.abandon (param externref)))
  (import "singula/Walk" "imp.send.Step" (func $Walk.imp.send.Step (param externref)))
  (import "singula/Walk" "imp.next" (func $Walk.imp.next (param externref) (result i32)))
  (import "singula/Walk" "imp.recv.Stop" (func $Walk.imp.recv.Stop (param externref)))
  (import "singula/Walk" "imp.abandon" (func $Walk.imp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Walk.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Walk.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Walk.exp.abandon (local.get $s)) (return)))
    (block $meet
      (br_if $meet (call $choose))
      (call $Walk.imp.send.Step (local.get $c))
      (call $Walk.exp.abandon (local.get $s))
      (local.set $s (ref.null extern))
      (if (i32.ne (call $Walk.imp.next (local.get $c)) (i32.const -1))
        (then (call $Walk.imp.recv.Stop (local.get $c)) (call $Walk.imp.abandon (local.get $c)) (return))))
    (call $Walk.imp.send.Step (local.get $c)) ;; <- refused here
    (call $Walk.imp.abandon (local.get $c))
    (if (i32.eqz (ref.is_null (local.get $s))) (then (call $Walk.exp.abandon (local.get $s)))))
)
