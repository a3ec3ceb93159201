;; A message is sent to a peer that was seen to have closed
;; expect: CON_CLOSED func=7 offset=0x122
;; monitor: - sending to a peer that has closed does nothing
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
  (import "singula/Walk" "exp.close" (func $Walk.exp.close (param externref)))
  (import "singula/Walk" "imp.poll" (func $Walk.imp.poll (param externref) (result i32)))
  (import "singula/Walk" "imp.send.Step" (func $Walk.imp.send.Step (param externref)))
  (import "singula/Walk" "imp.abandon" (func $Walk.imp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Walk.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Walk.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Walk.exp.abandon (local.get $s)) (return)))
    (call $Walk.exp.close (local.get $s))
    (local.set $t (call $Walk.imp.poll (local.get $c)))
    (if (i32.eq (local.get $t) (i32.const -1))
      (then
        (call $Walk.imp.send.Step (local.get $c)))) ;; <- refused here
    (call $Walk.imp.abandon (local.get $c)))
)
