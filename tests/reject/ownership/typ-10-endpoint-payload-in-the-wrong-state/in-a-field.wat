;; An endpoint is put into a field that wants it in another state
;; expect: TYP_ENDPOINT_STATE func=4 offset=0xa4
;; monitor: - nobody publishes the name, so connect gives null
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
  (memory 1)
  (func $main (export "main") (local $t externref) (local $e externref)
    (local.set $e (call $connect (i32.const 0) (i32.const 0)))
    (if (ref.is_null (local.get $e)) (then (return)))
    (local.set $t (call $new))
    (call $put (local.get $t) (local.get $e))
    (call $free (local.get $t))))
