;; An answer is received before anything was asked
;; expect: CON_STATE func=4 offset=0xa5
;; monitor: - nobody publishes the name, so connect gives null
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.recv.Yes" (func $yes (param externref) (result externref)))
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $e externref) 
  (local.set $e (call $connect (i32.const 0) (i32.const 0))) (if (ref.is_null (local.get $e)) (then (return)))
  (call $free (call $yes (local.get $e))) (call $abandon (local.get $e)))
)
