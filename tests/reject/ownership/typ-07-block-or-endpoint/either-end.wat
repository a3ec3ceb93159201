;; The server's end on one path, a client's on the other
;; expect: TYP_PATHS func=4 offset=0xb1
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
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $s externref) (local $e externref)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (if (call $choose)
      (then (local.set $e (local.get $s)))
      (else
        (local.set $e (call $Bell.exp.peer (local.get $s)))
        (call $Bell.exp.abandon (local.get $s)))) ;; <- refused here
    (if (i32.eqz (ref.is_null (local.get $e))) (then (call $Bell.exp.abandon (local.get $e)))))
)
