;; An endpoint is put into a field that wants it in another state
;; expect: TYP_ENDPOINT_STATE func=9 offset=0x135
;; monitor: MON_STATE
;; contract: block T { who: u32; reply: imp Q:Busy; }
;; contract: contract Q {
;; contract:   in message Ask();
;; contract:   out message Done();
;; contract:   state Start: one { Ask? -> Busy; end; }
;; contract:   state Busy: Done! -> Start;
;; contract: }
(module
  (import "singula/T" "new" (func $new (result externref)))
  (import "singula/T" "free" (func $free (param externref)))
  (import "singula/T" "reply.put" (func $put (param externref externref)))
  (import "singula/Q" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/Q" "exp.listen" (func $p.listen (param i32 i32) (result externref)))
  (import "singula/Q" "listener.accept" (func $p.accept (param externref) (result externref)))
  (import "singula/Q" "listener.close" (func $p.close (param externref)))
  (import "singula/Q" "exp.next" (func $p.next (param externref) (result i32)))
  (import "singula/Q" "exp.abandon" (func $p.abandon (param externref)))
  (memory 1)
  (data (i32.const 0) "p")
  (func $main (export "main") (local $t externref) (local $e externref)
    (local.set $e (call $connect (i32.const 0) (i32.const 1)))
    (if (ref.is_null (local.get $e)) (then (return)))
    (local.set $t (call $new))
    (call $put (local.get $t) (local.get $e))
    (call $free (local.get $t)))
  ;; publishes the name, takes the first client, and closes at its first message
  (func $partner (export "partner") (local $l externref) (local $s externref)
    (local.set $l (call $p.listen (i32.const 0) (i32.const 1)))
    (if (ref.is_null (local.get $l)) (then (return)))
    (local.set $s (call $p.accept (local.get $l)))
    (if (i32.eqz (ref.is_null (local.get $s)))
      (then (drop (call $p.next (local.get $s))) (call $p.abandon (local.get $s))))
    (call $p.close (local.get $l)))
)
