;; The other end of a client's end is asked for
;; expect: TYP_MISMATCH func=4 offset=0xbb
;; monitor: MON_ROLE
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.peer" (func $Bell.exp.peer (param externref) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "singula/Bell" "imp.abandon" (func $Bell.imp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $o externref)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (local.set $o (call $Bell.exp.peer (local.get $c))) ;; <- refused here
    (if (i32.eqz (ref.is_null (local.get $o))) (then (call $Bell.imp.abandon (local.get $o))))
    (call $Bell.imp.abandon (local.get $c))
    (call $Bell.exp.abandon (local.get $s)))
)
