;; The message that is next was asked for twice; the function returns where the answers are the same
;; expect: OWN_LEAK func=7 offset=0x127
;; monitor: MON_LEAK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.peer" (func $Bell.exp.peer (param externref) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "singula/Bell" "imp.send.Ring" (func $Bell.imp.send.Ring (param externref)))
  (import "singula/Bell" "imp.close" (func $Bell.imp.close (param externref)))
  (import "singula/Bell" "exp.next" (func $Bell.exp.next (param externref) (result i32)))
  (import "singula/Bell" "exp.recv.Ring" (func $Bell.exp.recv.Ring (param externref)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (call $Bell.imp.send.Ring (local.get $c))
    (call $Bell.imp.close (local.get $c))
    (if (i32.eqz (call $Bell.exp.next (local.get $s)))
      (then
        (if (i32.eqz (call $Bell.exp.next (local.get $s))) (then (return))) ;; <- refused here
        (call $Bell.exp.recv.Ring (local.get $s))))
    (call $Bell.exp.abandon (local.get $s)))
)
