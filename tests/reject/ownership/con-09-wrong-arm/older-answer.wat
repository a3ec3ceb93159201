;; No message was there when it was asked first; the second answer is not looked at
;; expect: OWN_LEAK func=6 offset=0x116
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
  (import "singula/Bell" "exp.poll" (func $Bell.exp.poll (param externref) (result i32)))
  (import "singula/Bell" "imp.send.Ring" (func $Bell.imp.send.Ring (param externref)))
  (import "singula/Bell" "imp.close" (func $Bell.imp.close (param externref)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (local.set $t (call $Bell.exp.poll (local.get $s)))
    (call $Bell.imp.send.Ring (local.get $c))
    (call $Bell.imp.close (local.get $c))
    (local.set $u (call $Bell.exp.poll (local.get $s)))
    (if (i32.eq (local.get $t) (i32.const -2))
      (then (if (i32.eq (local.get $u) (i32.const 0)) (then (return))))) ;; <- refused here
    (call $Bell.exp.abandon (local.get $s)))
)
