;; A local is one of two references of different types
;; expect: TYP_PATHS func=5 offset=0xc7
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
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (import "env" "rnd" (func $rnd (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $b externref) (local $e externref) 
  (local.set $e (call $connect (i32.const 0) (i32.const 0))) (if (ref.is_null (local.get $e)) (then (return)))
  (local.set $a (call $new (i32.const 4))) (if (call $rnd) (then (call $free (local.get $a)) (local.set $a (ref.null extern)) (local.set $b (local.get $e))) (else (call $abandon (local.get $e)) (local.set $b (local.get $a)))) (call $free (local.get $b)))
)
